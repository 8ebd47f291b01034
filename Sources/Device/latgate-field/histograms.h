/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the agent's frames count, gathered for a report. */
#ifndef LATGATE_FIELD_HISTOGRAMS_H
#define LATGATE_FIELD_HISTOGRAMS_H

#include "allow.h"
#include "frame.h"
#include "report.h"

struct lg_histograms {
	struct lg_report_histogram *all; /* by metric, one each; with keys, one for each label */
	size_t count;
	bool keys, damaged; /* damaged: the window's counts are not valid */
	const struct lg_bundle_request *loading;
};

bool lg_histograms_new(struct lg_histograms *histograms, const struct lg_campaign *campaign);
void lg_histograms_free(struct lg_histograms *histograms);
/* The request whose answer follows. */
void lg_histograms_begin(struct lg_histograms *histograms, const struct lg_bundle_request *request);
/* HOOK frames: how a metric is measured. arg is the histograms. */
void lg_histograms_hook(void *arg, const struct lg_frame *frame);
/* HISTOGRAM, COUNTERS and WINDOW frames. */
void lg_histograms_read(void *arg, const struct lg_frame *frame);
/* The request was refused: its metrics are not measured. */
void lg_histograms_drop(struct lg_histograms *histograms);
/* Those that were measured, as reports have them; their number. */
size_t lg_histograms_list(struct lg_histograms *histograms, const struct lg_report_histogram **out);

#endif
