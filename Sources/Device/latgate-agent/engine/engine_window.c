/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The window's states. The word is stored in every probe, one after the other. */
#include <string.h>

#include "engine_internal.h"

/* Stores the word of the engine's state everywhere; returns the time before the first store. */
static lg_u64 turn(struct lg_engine *engine, lg_u32 state)
{
	lg_u32 word =
		state == LG_WINDOW_CLOSED ? 0 : lg_window_word(engine->epoch, state, engine->phase);
	lg_u64 now;

	engine->state = state;
	now = lg_now_ns();
	if (state == LG_WINDOW_OPEN) {
		engine->opened_ns = now;
		for (struct lg_probe *probe = engine->probes; probe; probe = probe->next)
			lg_bss_store_u64(&probe->bss, probe->bss.opened, now);
	}
	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next)
		lg_bss_store_u32(&probe->bss, probe->bss.window, word);
	return now;
}

void lg_engine_scope(struct lg_engine *engine, pid_t session)
{
	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next)
		lg_bss_store_u32(&probe->bss, probe->bss.session, (lg_u32)session);
}

int lg_engine_arm(struct lg_engine *engine, lg_u32 phase, struct lg_error *err)
{
	if (phase == 0 || phase >= 1u << LG_WINDOW_PHASE_BITS)
		return lg_fail(err, LG_ERR_PROTOCOL, "phase %u: must be 1-255", phase);
	if (engine->state != LG_WINDOW_CLOSED)
		return lg_fail(err, LG_ERR_STATE, "the window of phase %u is still open",
			       engine->phase);
	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		int rc = lg_probe_zero(probe, engine->possible_cpus);

		if (rc)
			return lg_fail(err, LG_ERR_INTERNAL, "probe %s: cannot clear its maps: %s",
				       probe->name, strerror(-rc));
	}
	engine->epoch = engine->epoch == LG_WINDOW_EPOCH_MAX ? 1 : engine->epoch + 1;
	engine->phase = phase;
	/* Stamps of pinned probes outlive the agent: the next one must not use their epochs. */
	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next)
		lg_bss_store_u32(&probe->bss, probe->bss.epoch, engine->epoch);
	turn(engine, LG_WINDOW_ARMED);
	return 0;
}

lg_u64 lg_engine_open(struct lg_engine *engine)
{
	return turn(engine, LG_WINDOW_OPEN);
}

lg_u64 lg_engine_drain(struct lg_engine *engine)
{
	engine->drained_ns = turn(engine, LG_WINDOW_DRAIN);
	return engine->drained_ns;
}

lg_u64 lg_engine_in_flight(struct lg_engine *engine)
{
	lg_u64 total = 0;

	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		for (size_t i = 0; i < probe->metric_count; i++) {
			struct lg_counters sum;
			long long left;

			if (lg_counters_sum(probe, probe->metrics[i].counters_index,
					    engine->possible_cpus, &sum))
				continue;
			/* Read while programs run: an end may be seen before its start. */
			left = lg_counters_in_flight(&sum);
			if (left > 0)
				total += (lg_u64)left;
		}
	}
	return total;
}

lg_u64 lg_engine_close(struct lg_engine *engine)
{
	if (engine->state != LG_WINDOW_CLOSED) {
		engine->closed_ns = turn(engine, LG_WINDOW_CLOSED);
		lg_quiesce();
	}
	return engine->closed_ns;
}
