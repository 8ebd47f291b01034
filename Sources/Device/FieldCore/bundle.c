/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A bundle: the frames that a host would send to load its probes. */
#include <string.h>

#include "agent_protocol.h"
#include "allow.h"
#include "attribute.h"
#include "probe_abi.h"

struct reader {
	struct lg_bundle *out;
	struct lg_cursor in;
	const struct lg_campaign *campaign;
	char *why;
	enum lg_bundle_state state;
};

struct frame {
	const uint8_t *at; /* with its header */
	size_t size;
	uint16_t type;
	uint32_t sequence;
	struct lg_cursor payload;
};

static bool end(struct reader *reader, enum lg_bundle_state state)
{
	reader->state = state;
	return false;
}

static bool broken(struct reader *reader, const char *what)
{
	lg_refuse(reader->why, "bundle: %s", what);
	return end(reader, LG_BUNDLE_BROKEN);
}

static bool read_frame(struct reader *reader, struct frame *frame)
{
	uint32_t length;
	uint16_t flags;
	const uint8_t *payload;

	frame->at = reader->in.at;
	if (!lg_cursor_u32(&reader->in, &length) || !lg_cursor_u16(&reader->in, &frame->type) ||
	    !lg_cursor_u16(&reader->in, &flags) || !lg_cursor_u32(&reader->in, &frame->sequence) ||
	    flags || length > LG_FRAME_MAX || !lg_cursor_take(&reader->in, length, &payload))
		return broken(reader, "a frame is malformed or cut");
	frame->size = LG_FRAME_HEADER_SIZE + (size_t)length;
	frame->payload = (struct lg_cursor){payload, length};
	return true;
}

static bool is_metric(const struct lg_campaign *campaign, uint32_t id)
{
	for (uint32_t i = 0; i < campaign->metric_count; i++) {
		if (campaign->metrics[i] == id)
			return true;
	}
	return false;
}

static bool check_metric(struct reader *reader, struct lg_bundle_request *request,
			 struct lg_cursor value)
{
	enum lg_attr_state state;
	struct lg_attr attr;
	uint32_t id = UINT32_MAX, kind = LG_KIND_HISTOGRAM;

	while ((state = lg_attr_next(&value, &attr)) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_METRIC_ID && !lg_attr_u32(&attr, &id))
			return broken(reader, "METRIC_ID is no number");
		if (attr.type == LG_ATTR_KIND && !lg_attr_u32(&attr, &kind))
			return broken(reader, "KIND is no number");
		if (attr.type == LG_ATTR_SPANS &&
		    !lg_allow_spans(attr.value.at, attr.value.left, reader->why))
			return end(reader, LG_BUNDLE_DISALLOWED);
	}
	if (state == LG_ATTR_MALFORMED)
		return broken(reader, "a METRIC is malformed");
	if (kind != LG_KIND_HISTOGRAM) {
		lg_refuse(reader->why, "bundle: results of kind %u are not on the list", kind);
		return end(reader, LG_BUNDLE_DISALLOWED);
	}
	if (!is_metric(reader->campaign, id) || request->metric_count == LG_CAMPAIGN_METRICS)
		return broken(reader, "a metric that the manifest does not have");
	request->metrics[request->metric_count++] = id;
	return true;
}

/* Attributes that would lead the agent to other places of the device are not for campaigns. */
static bool check_attributes(struct reader *reader, struct lg_bundle_request *request,
			     struct lg_cursor payload, uint32_t *object)
{
	enum lg_attr_state state;
	struct lg_attr attr;

	*object = 0;
	while ((state = lg_attr_next(&payload, &attr)) == LG_ATTR_FOUND) {
		switch (attr.type) {
		case LG_ATTR_PROBE:
			break;
		case LG_ATTR_OBJECT_SIZE:
			if (!lg_attr_u32(&attr, object))
				return broken(reader, "OBJECT_SIZE is no number");
			break;
		case LG_ATTR_METRIC:
			if (!check_metric(reader, request, attr.value))
				return false;
			break;
		default:
			lg_refuse(reader->why, "bundle: attribute %u is not on the list",
				  attr.type);
			return end(reader, LG_BUNDLE_DISALLOWED);
		}
	}
	return state != LG_ATTR_MALFORMED || broken(reader, "an attribute is malformed");
}

static bool take_blobs(struct reader *reader, struct lg_bundle_request *request, uint32_t left)
{
	request->object = reader->in.at;
	while (left) {
		struct frame blob;

		if (!reader->in.left || !read_frame(reader, &blob))
			return broken(reader, "an object is cut");
		if (blob.type != LG_MSG_BLOB || blob.sequence != request->sequence ||
		    !blob.payload.left || blob.payload.left > left)
			return broken(reader, "an object's frames are malformed");
		left -= (uint32_t)blob.payload.left;
		request->size += blob.size;
	}
	return true;
}

static bool read_request(struct reader *reader, bool code)
{
	struct lg_bundle_request *request = &reader->out->requests[reader->out->count];
	struct frame frame;
	uint32_t object;

	if (!read_frame(reader, &frame))
		return false;
	if (frame.type != LG_MSG_LOAD_TRACE && frame.type != LG_MSG_LOAD_PINNED &&
	    (frame.type != LG_MSG_LOAD || !code)) {
		lg_refuse(reader->why,
			  frame.type == LG_MSG_LOAD ? "bundle: this device takes no code"
						    : "bundle: message %u is not on the list",
			  frame.type);
		return end(reader, LG_BUNDLE_DISALLOWED);
	}
	if (reader->out->count == LG_BUNDLE_REQUESTS)
		return broken(reader, "more than 32 probes");
	*request = (struct lg_bundle_request){.type = frame.type,
					      .frames = frame.at,
					      .size = frame.size,
					      .sequence = frame.sequence};
	if (frame.sequence != reader->out->count + 2)
		return broken(reader, "its requests are not numbered 1, 2, 3, ...");
	if (!check_attributes(reader, request, frame.payload, &object))
		return false;
	reader->out->count++;
	if (!object != (frame.type != LG_MSG_LOAD))
		return broken(reader, "OBJECT_SIZE belongs to a LOAD, and only there");
	return !object || take_blobs(reader, request, object);
}

static bool read_hello(struct reader *reader)
{
	struct frame frame;
	struct lg_attr attr;
	uint32_t version = 0;

	if (!read_frame(reader, &frame))
		return false;
	while (lg_attr_next(&frame.payload, &attr) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_VERSION)
			lg_attr_u32(&attr, &version);
	}
	return (frame.type == LG_MSG_HELLO && version == LG_PROTOCOL_VERSION) ||
	       broken(reader, "made for another version of the agent's protocol");
}

enum lg_bundle_state lg_bundle_read(struct lg_bundle *out, const void *bytes, size_t size,
				    const struct lg_campaign *campaign, bool code, char why[LG_WHY])
{
	struct reader reader = {.out = out,
				.in = {bytes, size},
				.campaign = campaign,
				.why = why,
				.state = LG_BUNDLE_GOOD};

	out->count = 0;
	if (!read_hello(&reader))
		return reader.state;
	while (reader.in.left && read_request(&reader, code))
		;
	if (reader.state == LG_BUNDLE_GOOD && !out->count)
		broken(&reader, "no probes");
	return reader.state;
}
