/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a closed window has to say. */
#include <errno.h>

#include "fold_internal.h"

static lg_u64 in_flight(const struct lg_counters *c)
{
	return c->started - c->recorded - c->overwritten - c->cancelled;
}

lg_u64 lg_fold_in_flight(const struct lg_fold *fold)
{
	lg_u64 sum = 0;

	for (lg_u32 i = 0; i < fold->metric_count; i++) {
		if (lg_fold_wants(fold, i))
			sum += in_flight(&fold->metrics[i].counters);
	}
	return sum;
}

/* The age of an operation in flight is (close - open) - (start - open). */
int lg_fold_result(const struct lg_fold *fold, lg_u32 metric, struct lg_fold_result *out)
{
	const struct lg_counters *c;

	if (!lg_fold_wants(fold, metric))
		return -EINVAL;
	if (fold->close_ns == LG_NEVER)
		return -EBUSY;
	c = &fold->metrics[metric].counters;
	out->counters = *c;
	out->censored = in_flight(c);
	out->censored_age_sum_ns = 0;
	if (out->censored)
		out->censored_age_sum_ns = out->censored * (fold->close_ns - fold->open_ns) -
					   (c->start_offset_sum - c->end_offset_sum);
	return 0;
}

lg_u32 lg_fold_metrics(const struct lg_fold *fold)
{
	return fold->metric_count;
}

const char *lg_fold_metric_name(const struct lg_fold *fold, lg_u32 metric)
{
	struct lg_declared_metric declared;

	if (metric < LG_FOLD_METRICS)
		return lg_fold_metric_info(metric)->name;
	if (metric >= fold->metric_count ||
	    !lg_declared_metric(fold->options.declared, metric - LG_FOLD_METRICS, &declared))
		return NULL;
	return declared.name;
}

static size_t key_size(const struct lg_fold *fold, lg_u32 metric)
{
	struct lg_declared_metric declared = {0};

	if (metric < LG_FOLD_METRICS)
		return lg_fold_metric_info(metric)->key_size;
	lg_declared_metric(fold->options.declared, metric - LG_FOLD_METRICS, &declared);
	return declared.key_size;
}

size_t lg_fold_label_count(const struct lg_fold *fold, lg_u32 metric)
{
	if (!lg_fold_wants(fold, metric))
		return 0;
	return fold->metrics[metric].labels.count;
}

bool lg_fold_label(const struct lg_fold *fold, lg_u32 metric, size_t index,
		   struct lg_fold_label *out)
{
	const struct lg_labels *labels;

	if (index >= lg_fold_label_count(fold, metric))
		return false;
	labels = &fold->metrics[metric].labels;
	/* Keys are little-endian, and so are all machines this runs on. */
	out->key = (const unsigned char *)&labels->keys[index];
	out->key_size = key_size(fold, metric);
	out->name = lg_fold_name_of(&fold->metrics[metric], &labels->keys[index]);
	out->hist = NULL;
	out->count = NULL;
	if (lg_fold_kind(fold, metric) == LG_KIND_COUNTER)
		out->count = labels->values[index];
	else
		out->hist = labels->values[index];
	return true;
}

lg_u32 lg_fold_kind(const struct lg_fold *fold, lg_u32 metric)
{
	struct lg_declared_metric declared = {0};

	if (metric >= LG_FOLD_METRICS && fold->options.declared)
		lg_declared_metric(fold->options.declared, metric - LG_FOLD_METRICS, &declared);
	return declared.kind;
}

struct lg_fold_rows lg_fold_rows(const struct lg_fold *fold, lg_u32 metric)
{
	const struct lg_rows *rows;

	if (!lg_fold_wants(fold, metric))
		return (struct lg_fold_rows){0};
	rows = &fold->metrics[metric].rows;
	return (struct lg_fold_rows){rows->bytes, rows->row_size, rows->count};
}
