#include "reference/plexsphere/observability/records.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/json.h"
#include "common/json_slice.h"
#include "common/text.h"
#include "common/timestamp.h"

static const char *const groups[] = { "node_resources", "tunnel_health", "peer_latency",
                                      "agent_stats", NULL };
static const char *const severities[] = { "emerg",  "alert", "crit",  "err", "warning",
                                          "notice", "info",  "debug", NULL };
static const char *const sources[] = { "auditd", "k8s", NULL };

static const struct record_rule of_sample[] = {
    { "group", RECORD_WORD, false, groups }, { "name", RECORD_TEXT, false, NULL },
    { "value", RECORD_NUMBER, false, NULL }, { "timestamp", RECORD_INSTANT, false, NULL },
    { "labels", RECORD_TEXTS, true, NULL },
};
static const struct record_rule of_line[] = {
    { "severity", RECORD_WORD, false, severities }, { "message", RECORD_TEXT, false, NULL },
    { "timestamp", RECORD_INSTANT, false, NULL },   { "unit", RECORD_ANY_TEXT, true, NULL },
    { "hostname", RECORD_ANY_TEXT, true, NULL },
};
static const struct record_rule of_event[] = {
    { "source", RECORD_WORD, false, sources },
    { "action", RECORD_TEXT, false, NULL },
    { "outcome", RECORD_TEXT, false, NULL },
    { "timestamp", RECORD_INSTANT, false, NULL },
};

const struct record_form metric_samples = { "metrics", false, of_sample, ARRAY_LEN(of_sample) };
const struct record_form log_lines = { "logs", true, of_line, ARRAY_LEN(of_line) };
const struct record_form audit_events = { "audit", true, of_event, ARRAY_LEN(of_event) };

/* ---- where one record ends and the next begins ---- */

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct bytes trimmed(struct bytes b)
{
    while (b.len > 0 && is_space(b.data[0]))
        b.data++, b.len--;
    while (b.len > 0 && is_space(b.data[b.len - 1]))
        b.len--;
    return b;
}

struct found {
    struct bytes at[RECORDS_MAX];
    size_t n;
};

static enum records_result add(struct found *f, struct bytes record)
{
    if (f->n == RECORDS_MAX)
        return RECORDS_TOO_MANY;
    f->at[f->n++] = record;
    return RECORDS_OK;
}

/* ING-018: blank lines count for nothing. */
static enum records_result split_lines(struct bytes body, struct found *f)
{
    enum records_result result = RECORDS_OK;
    while (body.len > 0 && result == RECORDS_OK) {
        const unsigned char *end = memchr(body.data, '\n', body.len);
        size_t len = end ? (size_t)(end - body.data) : body.len;
        struct bytes line = trimmed((struct bytes){ body.data, len });
        if (line.len > 0)
            result = add(f, line);
        len += end != NULL;
        body = (struct bytes){ body.data + len, body.len - len };
    }
    return result;
}

/* The bytes up to the next comma or bracket that is the array's own. Nothing is judged here: each
 * piece is parsed by itself, so a bracket out of place breaks the piece it stands in. */
static size_t element_len(struct bytes rest)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < rest.len; i++) {
        unsigned char c = rest.data[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else
                quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (depth == 0 && (c == ',' || c == ']')) {
            return i;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return rest.len;
}

/* `body` is trimmed: an array begins and ends it. */
static enum records_result split_array(struct bytes body, struct found *f)
{
    if (body.len < 2 || body.data[0] != '[')
        return RECORDS_MALFORMED;
    struct bytes rest = { body.data + 1, body.len - 1 };
    for (;;) {
        size_t len = element_len(rest);
        struct bytes element = trimmed((struct bytes){ rest.data, len });
        if (len == rest.len)
            return RECORDS_MALFORMED; /* the array never ends */
        bool last = rest.data[len] == ']';
        if (last && len + 1 < rest.len)
            return RECORDS_MALFORMED; /* something stands behind it */
        if (last && f->n == 0 && element.len == 0)
            return RECORDS_OK;
        enum records_result result = add(f, element);
        if (result != RECORDS_OK || last)
            return result;
        rest = (struct bytes){ rest.data + len + 1, rest.len - len - 1 };
    }
}

/* ---- what a record must be ---- */

static bool is_texts(const json_t *value)
{
    const char *key;
    json_t *text;
    if (!json_is_object(value))
        return false;
    json_object_foreach ((json_t *)(uintptr_t)value, key, text)
        if (!json_is_string(text))
            return false;
    return true;
}

static bool is_word(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (text_equal(text, *words))
            return true;
    return false;
}

static bool keeps_rule(const json_t *value, const struct record_rule *rule)
{
    int64_t instant;
    const char *text = json_string_value(value);
    switch (rule->is) {
    case RECORD_WORD: return is_word(text, rule->words);
    case RECORD_TEXT: return text && *text;
    case RECORD_ANY_TEXT: return text != NULL;
    case RECORD_INSTANT: return text && timestamp_parse(text, &instant);
    case RECORD_NUMBER: return json_is_number(value);
    case RECORD_TEXTS: return is_texts(value);
    }
    return false;
}

static bool is_record(struct arena *scratch, const struct record_form *form, struct bytes text)
{
    json_t *record;
    if (text.len > RECORD_BYTES_MAX || !json_parse(scratch, text.data, text.len, &record, NULL) ||
        !json_is_object(record))
        return false;
    for (size_t i = 0; i < form->n_rules; i++) {
        const json_t *value = json_object_get(record, form->rules[i].name);
        if (value ? !keeps_rule(value, &form->rules[i]) : !form->rules[i].optional)
            return false;
    }
    return true;
}

/* ING-019: members that the form does not know stay behind. */
static struct bytes known_members(struct arena *a, const struct record_form *form,
                                  struct bytes record)
{
    struct buffer out;
    struct bytes value;
    buffer_init_arena(&out, RECORD_BYTES_MAX + 128, a);
    buffer_char(&out, '{');
    for (size_t i = 0; i < form->n_rules; i++) {
        const char *name = form->rules[i].name;
        if (!json_slice_member(record, name, &value))
            continue;
        buffer_printf(&out, "%s\"%s\":", out.len > 1 ? "," : "", name);
        buffer_append(&out, value.data, value.len);
    }
    buffer_char(&out, '}');
    return (struct bytes){ (unsigned char *)out.data, out.len };
}

/* ING-016: counted first, then read one after the other: what is parsed at a time is one record. */
enum records_result records_read(struct arena *a, const struct record_form *form, struct bytes body,
                                 struct bytes **out, size_t *n)
{
    struct found *f = arena_alloc(a, sizeof *f);
    enum records_result result = form->lines ? split_lines(body, f) : split_array(trimmed(body), f);
    if (result == RECORDS_OK && f->n == 0)
        result = RECORDS_MALFORMED;
    struct arena *scratch = arena_create();
    for (size_t i = 0; result == RECORDS_OK && i < f->n; i++) {
        if (is_record(scratch, form, f->at[i]))
            f->at[i] = known_members(a, form, f->at[i]);
        else
            result = RECORDS_MALFORMED;
        arena_reset(scratch);
    }
    arena_destroy(scratch);
    *out = f->at;
    *n = f->n;
    return result;
}
