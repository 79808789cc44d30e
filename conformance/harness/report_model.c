#include "harness/report_model.h"

#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"

#define STREAM_CAP (1024u * 1024 * 1024)

static const struct {
    const char *name;
    size_t offset;
} count_names[] = {
#define COUNT(n)                                                                                   \
    {                                                                                              \
#n, offsetof(struct report_counts, n)                                                      \
    }
    COUNT(passed),        COUNT(failed), COUNT(skipped), COUNT(unsupported),
    COUNT(unprovisioned), COUNT(waived), COUNT(broken),  COUNT(vacuous),
    COUNT(informational), COUNT(stale),  COUNT(proven),  COUNT(unproven),
#undef COUNT
};

static int64_t *count_at(struct report_counts *c, size_t i)
{
    return (int64_t *)(void *)((char *)c + count_names[i].offset);
}

static void add_note(struct report *r, const char *message)
{
    json_array_append_new(r->notes, json_pack("{s:s, s:s, s:s}", "type", "note", "level", "error",
                                              "message", message));
}

static void take_impostor(struct report *r, const json_t *event)
{
    const char *id = json_text(event, "id");
    if (id == NULL)
        return;
    json_t *names = json_object_get(r->impostors, id);
    if (names == NULL)
        json_object_set_new(r->impostors, id, names = json_array());
    json_array_append(names, json_member(event, "impostor"));
}

static void take_event(struct report *r, json_t *event)
{
    const char *type = json_text(event, "type");
    if (text_equal(type, "run"))
        r->run = event;
    else if (text_equal(type, "contract"))
        r->contract = event;
    else if (text_equal(type, "case"))
        json_array_append(r->cases, event);
    else if (text_equal(type, "seen"))
        json_array_append(r->seen, event);
    else if (text_equal(type, "seen_members"))
        json_array_append(r->seen_members, event);
    else if (text_equal(type, "note"))
        json_array_append(r->notes, event);
    else if (text_equal(type, "impostor"))
        take_impostor(r, event);
    else if (text_equal(type, "end"))
        r->end = event;
    /* Other types are from a newer plexconf: the stream is extended by adding. */
}

static bool is_case(const json_t *event)
{
    enum verdict_kind v;
    return json_text(event, "id") != NULL && json_text(event, "suite") != NULL &&
           verdict_parse(json_text(event, "verdict"), &v);
}

static bool take_line(struct report *r, const char *line, size_t len, size_t number,
                      struct error *e)
{
    json_t *event = NULL;
    if (!json_parse(r->arena, line, len, &event, e))
        return error_prefix(e, "line %zu", number);
    if (!json_is_object(event) || json_text(event, "type") == NULL)
        return error_set(e, "line %zu: not an event", number);
    if (text_equal(json_text(event, "type"), "case") && !is_case(event))
        return error_set(e, "line %zu: a case without id, suite or verdict", number);
    take_event(r, event);
    return true;
}

static bool take_lines(struct report *r, const char *text, size_t len, struct error *e)
{
    size_t number = 0;
    for (const char *at = text, *end = text + len; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        number++;
        if (newline == NULL) {
            add_note(r, "the event stream ends in the middle of a line; the run did not finish");
            return true;
        }
        if (!take_line(r, at, (size_t)(newline - at), number, e))
            return false;
        at = newline + 1;
    }
    return true;
}

static int compare_cases(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    return strcmp(json_text(*x, "id"), json_text(*y, "id"));
}

static void sort_cases(struct report *r)
{
    size_t n = json_array_size(r->cases);
    json_t **all = arena_alloc_array(r->arena, n + 1, sizeof(json_t *));
    json_t *sorted = json_own(r->arena, json_array());
    for (size_t i = 0; i < n; i++)
        all[i] = json_array_get(r->cases, i);
    qsort(all, n, sizeof(json_t *), compare_cases);
    for (size_t i = 0; i < n; i++)
        json_array_append(sorted, all[i]);
    r->cases = sorted;
}

static void count_cases(struct report *r)
{
    size_t i;
    json_t *event;
    json_array_foreach (r->cases, i, event) {
        switch (report_standing(r, event)) {
        case STANDING_PASSED: r->counts.passed++; break;
        case STANDING_VACUOUS: r->counts.passed++, r->counts.vacuous++; break;
        case STANDING_FAILED: r->counts.failed++; break;
        case STANDING_SKIPPED: r->counts.skipped++; break;
        case STANDING_UNSUPPORTED: r->counts.unsupported++; break;
        case STANDING_UNPROVISIONED: r->counts.unprovisioned++; break;
        case STANDING_WAIVED: r->counts.waived++; break;
        case STANDING_INFORMATIONAL: r->counts.informational++; break;
        case STANDING_BROKEN: r->counts.broken++; break;
        }
    }
}

static void take_end(struct report *r)
{
    r->finished = r->end != NULL;
    r->exit = r->finished ? (int)json_int(r->end, "exit", -1) : -1;
    r->interrupted = json_flag(r->end, "interrupted", false);
    r->seconds = json_number_value(json_member(r->end, "seconds"));
    for (size_t i = 0; r->finished && i < ARRAY_LEN(count_names); i++)
        *count_at(&r->counts, i) = json_int(r->end, count_names[i].name, 0);
    if (!r->finished)
        count_cases(r);
}

bool report_read(struct arena *a, const char *directory, struct report *out, struct error *e)
{
    struct bytes text;
    char *path = path_join(a, directory, "events.ndjson");
    *out = (struct report){ .arena = a };
    out->run = out->contract = json_own(a, json_object());
    out->cases = json_own(a, json_array());
    out->seen = json_own(a, json_array());
    out->seen_members = json_own(a, json_array());
    out->notes = json_own(a, json_array());
    out->impostors = json_own(a, json_object());
    if (!file_read(a, path, STREAM_CAP, &text, e))
        return false;
    if (!take_lines(out, (const char *)text.data, text.len, e))
        return error_prefix(e, "%s", path);
    sort_cases(out);
    take_end(out);
    return true;
}

enum standing report_standing(const struct report *r, const json_t *event)
{
    enum verdict_kind v = VERDICT_BROKEN;
    if (!verdict_parse(json_text(event, "verdict"), &v))
        return STANDING_BROKEN;
    bool informational = json_flag(event, "informational", false);
    bool provisional = json_flag(event, "provisional", false);
    switch (v) {
    case VERDICT_PASSED:
        return json_object_get(r->impostors, json_text(event, "id")) != NULL ? STANDING_VACUOUS
                                                                             : STANDING_PASSED;
    case VERDICT_FAILED:
        if (provisional || informational)
            return STANDING_INFORMATIONAL;
        return json_member(event, "waived") != NULL ? STANDING_WAIVED : STANDING_FAILED;
    case VERDICT_SKIPPED: return STANDING_SKIPPED;
    case VERDICT_UNSUPPORTED: return STANDING_UNSUPPORTED;
    case VERDICT_UNPROVISIONED: return STANDING_UNPROVISIONED;
    case VERDICT_BROKEN: return provisional ? STANDING_INFORMATIONAL : STANDING_BROKEN;
    }
    return STANDING_BROKEN;
}

const char *report_standing_text(enum standing s)
{
    static const char *const words[STANDING_COUNT] = {
        "passed", "failed",        "skipped",        "unsupported", "unprovisioned",
        "waived", "informational", "harness-broken", "vacuous"
    };
    return (size_t)s < STANDING_COUNT ? words[s] : "harness-broken";
}

static const struct {
    int exit;
    const char *verdict, *sentence;
} verdicts[] = {
    { 0, "conformant", "Every case that applies to this target passed." },
    { 1, "not conformant",
      "The target broke at least one clause. Each failure below names the clause, shows what was "
      "sent and received, and gives the command that reproduces it." },
    { 2, "nothing selected", "The selection matches no case, so nothing was judged." },
    { 3, "harness broken",
      "The verdict cannot be trusted: the harness or its rig broke, or a case proved nothing. "
      "Mend that first; failures below may be its consequence." },
    { 4, "stale",
      "The target is no worse than the waivers say, but a waiver does not hold any more: it "
      "expired, names no case, or waives a case that passes." },
    { 77, "nothing applicable",
      "The target claims none of the features that the selected cases need, or provides none of "
      "their surfaces. That is no pass." },
    { 130, "interrupted", "The run was interrupted; only some of the cases were judged." },
};

static size_t verdict_row(const struct report *r)
{
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
        if (verdicts[i].exit == r->exit)
            return i;
    }
    return ARRAY_LEN(verdicts);
}

const char *report_verdict(const struct report *r)
{
    size_t i = verdict_row(r);
    return i < ARRAY_LEN(verdicts) ? verdicts[i].verdict : "unfinished";
}

const char *report_verdict_sentence(const struct report *r)
{
    size_t i = verdict_row(r);
    return i < ARRAY_LEN(verdicts) ? verdicts[i].sentence
                                   : "The run ended before its last event was written; what it "
                                     "judged until then stands below.";
}

const char *report_summary(const struct report *r)
{
    const struct report_counts *c = &r->counts;
    return arena_printf(
        r->arena, "%lld passed, %lld failed, %lld skipped, %lld unsupported, %lld unprovisioned",
        (long long)c->passed, (long long)c->failed, (long long)c->skipped,
        (long long)c->unsupported, (long long)c->unprovisioned);
}

const char *report_clause_text(const struct report *r, const char *id)
{
    size_t i;
    json_t *clause;
    json_array_foreach (json_member(r->contract, "clauses"), i, clause) {
        if (text_equal(json_text(clause, "id"), id))
            return json_text(clause, "text");
    }
    return NULL;
}
