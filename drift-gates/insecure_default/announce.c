#include "drift-gates/insecure_default/announce.h"

#include "common/text.h"
#include "drift-gates/prod_leak/scan.h"

#define MESSAGE "insecure default active in dev mode"
/* Lines of one stream that are remembered: more say nothing new. */
#define SEEN_MAX 64
/* Longer than every mark. */
#define OVERLAP 32

static const char *const marks[] = { "insecure default active",
                                     "prod_delta=", "env=dev dependency=" };

struct seen {
    int64_t line;
    enum announce_line kind;
    const struct announcement *which;
    const char *why;
};

struct announce_stream {
    struct arena *arena;
    const struct announcements *all;
    char *held; /* the line that has not ended yet */
    size_t n_held;
    bool is_long; /* it is longer than what is held: of `held` only the last OVERLAP bytes count */
    bool long_mark;
    int64_t line; /* the number of the line that comes next, or has not ended */
    struct seen seen[SEEN_MAX];
    size_t n_seen;
};

const struct announcements *announcements_create(struct arena *a, const struct announcement *rows,
                                                 size_t n)
{
    struct announcements *all = arena_alloc(a, sizeof(*all));
    struct bytes needles[ARRAY_LEN(marks)];
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        needles[i] = BYTES_OF_TEXT(marks[i]);
    struct announcement *copy = arena_alloc_array(a, n + 1, sizeof(*copy));
    if (n > 0)
        memcpy(copy, rows, n * sizeof(*rows));
    *all =
        (struct announcements){ copy, n, scanner_create(a, needles, ARRAY_LEN(marks), SCAN_FOLD) };
    return all;
}

const struct announcement *announcement_named(const struct announcements *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++) {
        if (text_equal(all->rows[i].name, name))
            return &all->rows[i];
    }
    return NULL;
}

/* ---- one line ---- */

struct cursor {
    const char *at, *end;
};

static bool skip_text(struct cursor *c, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(c->end - c->at) < len || memcmp(c->at, text, len) != 0)
        return false;
    c->at += len;
    return true;
}

/* The next word and the one space after it. */
static struct bytes take_word(struct cursor *c)
{
    const char *from = c->at;
    const char *space = memchr(from, ' ', (size_t)(c->end - from));
    c->at = space == NULL ? c->end : space + 1;
    return (struct bytes){ (const unsigned char *)from,
                           (size_t)((space == NULL ? c->end : space) - from) };
}

static bool is_word(struct bytes word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}

/* "2026-11-22T04:55:00.123456789Z stdout F ". */
static void skip_cri(struct cursor *c)
{
    struct cursor try = *c;
    struct bytes stamp = take_word(&try), stream = take_word(&try), tag = take_word(&try);
    bool stamped = stamp.len >= 20 && stamp.data[4] == '-' && stamp.data[10] == 'T';
    if (stamped && (is_word(stream, "stdout") || is_word(stream, "stderr")) && tag.len > 0 &&
        (tag.data[0] == 'F' || tag.data[0] == 'P'))
        *c = try;
}

/* A value in quotes, its escapes as they are but \" and \\ undone in place; false: it does not
 * end. */
static bool take_quoted(struct cursor *c, char *out, size_t *len)
{
    *len = 0;
    for (const char *p = c->at + 1; p < c->end; p++) {
        if (*p == '"') {
            c->at = p + 1;
            return true;
        }
        if (*p == '\\' && p + 1 < c->end && (p[1] == '"' || p[1] == '\\'))
            p++;
        out[(*len)++] = *p;
    }
    return false;
}

static void skip_time(struct cursor *c)
{
    struct cursor try = *c;
    if (!skip_text(&try, "time="))
        return;
    if (try.at < try.end && *try.at == '"') {
        const char *quote = memchr(try.at + 1, '"', (size_t)(try.end - try.at - 1));
        if (quote == NULL || quote + 1 >= try.end || quote[1] != ' ')
            return;
        try.at = quote + 2;
    } else {
        take_word(&try);
    }
    *c = try;
}

/* NAME=VALUE and the space after it. `until`: an unquoted value ends before this text (" env="),
 * NULL: at the end of the line. */
static bool take_field(struct cursor *c, const char *name, const char *until, char *out,
                       size_t *len)
{
    if (!skip_text(c, name) || !skip_text(c, "="))
        return false;
    if (c->at < c->end && *c->at == '"') {
        if (!take_quoted(c, out, len))
            return false;
    } else {
        size_t left = (size_t)(c->end - c->at);
        const char *end = until == NULL ? c->end : memmem(c->at, left, until, strlen(until));
        if (end == NULL)
            return false;
        *len = (size_t)(end - c->at);
        memcpy(out, c->at, *len);
        c->at = end;
    }
    return until == NULL ? c->at == c->end : skip_text(c, " ");
}

static bool same(const char *text, size_t len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(text, wanted, len) == 0;
}

static bool same_but_case(const char *text, size_t len, const char *wanted)
{
    if (len != strlen(wanted))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char a = (unsigned char)text[i], b = (unsigned char)wanted[i];
        if (a != b && ((a ^ b) != 0x20 || (a | 0x20) < 'a' || (a | 0x20) > 'z'))
            return false;
    }
    return true;
}

static enum announce_line near(const char **why, const char *what)
{
    *why = what;
    return ANNOUNCE_NEAR;
}

static enum announce_line judge_dependency(const struct announcements *all, const char *name,
                                           size_t len, const struct announcement **which,
                                           const char **why)
{
    for (size_t i = 0; i < all->n; i++) {
        if (same(name, len, all->rows[i].name)) {
            *which = &all->rows[i];
            return ANNOUNCE_EXACT;
        }
    }
    for (size_t i = 0; i < all->n; i++) {
        if (same_but_case(name, len, all->rows[i].name)) {
            *which = &all->rows[i];
            return near(why, "the dependency's name is in another case");
        }
    }
    return near(why, "no such dependency is known");
}

static enum announce_line judge_sentence(const struct announcements *all, const char *text,
                                         size_t len, const struct announcement *which,
                                         const char **why)
{
    if (same(text, len, which->sentence))
        return ANNOUNCE_EXACT;
    if (same_but_case(text, len, which->sentence))
        return near(why, "the sentence is in another case");
    if (len < strlen(which->sentence) && memcmp(text, which->sentence, len) == 0)
        return near(why, "the sentence is cut short");
    for (size_t i = 0; i < all->n; i++) {
        if (same(text, len, all->rows[i].sentence))
            return near(why, "the sentence is another dependency's");
    }
    return near(why, "the sentence is not the contract's");
}

/* The five fields, from level= on; `out` has room for the line. */
static enum announce_line judge_fields(const struct announcements *all, struct cursor c, char *out,
                                       const struct announcement **which, const char **why)
{
    size_t len;
    if (!take_field(&c, "level", " ", out, &len) || !same(out, len, "WARN"))
        return near(why, "it does not begin with level=WARN");
    if (!take_field(&c, "msg", " env=", out, &len) || !same(out, len, MESSAGE))
        return near(why, "msg is not the contract's");
    if (!take_field(&c, "env", " ", out, &len) || !same(out, len, "dev"))
        return near(why, "env is not dev");
    if (!take_field(&c, "dependency", " ", out, &len))
        return near(why, "dependency does not follow env");
    enum announce_line kind = judge_dependency(all, out, len, which, why);
    if (kind != ANNOUNCE_EXACT)
        return kind;
    if (!take_field(&c, "prod_delta", NULL, out, &len))
        return near(why, "prod_delta does not end the line");
    return judge_sentence(all, out, len, *which, why);
}

enum announce_line announce_line_judge(const struct announcements *all, struct bytes line,
                                       const struct announcement **which, const char **why)
{
    char out[ANNOUNCE_LINE];
    struct cursor c = { (const char *)line.data, (const char *)line.data + line.len };
    *which = NULL;
    *why = NULL;
    if (!scanner_any(all->marks, line))
        return ANNOUNCE_OTHER;
    if (line.len > ANNOUNCE_LINE)
        return near(why, "it stands in a line that is too long");
    while (c.end > c.at && (c.end[-1] == '\r' || c.end[-1] == ' '))
        c.end--;
    skip_cri(&c);
    skip_time(&c);
    return judge_fields(all, c, out, which, why);
}

/* ---- a stream ---- */

struct announce_stream *announce_stream_open(struct arena *a, const struct announcements *all)
{
    struct announce_stream *s = arena_alloc(a, sizeof(*s));
    s->arena = a;
    s->all = all;
    s->held = arena_alloc(a, ANNOUNCE_LINE);
    s->line = 1;
    return s;
}

static void remember(struct announce_stream *s, struct seen seen)
{
    if (s->n_seen < SEEN_MAX)
        s->seen[s->n_seen++] = seen;
}

static void judge_line(struct announce_stream *s, int64_t number, struct bytes line)
{
    struct seen seen = { .line = number };
    seen.kind = announce_line_judge(s->all, line, &seen.which, &seen.why);
    if (seen.kind != ANNOUNCE_OTHER)
        remember(s, seen);
}

static int64_t count_lines(const unsigned char *from, const unsigned char *to)
{
    int64_t n = 0;
    while (from < to && (from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
        from++;
        n++;
    }
    return n;
}

struct region {
    struct announce_stream *s;
    struct bytes text;             /* whole lines */
    const unsigned char *judged;   /* the end of the last line that was judged */
    const unsigned char *numbered; /* s->line is the line that begins here */
};

static bool judge_around(void *arg, size_t needle, size_t at)
{
    struct region *r = arg;
    const unsigned char *mark = r->text.data + at, *end = r->text.data + r->text.len;
    (void)needle;
    if (mark < r->judged)
        return true;
    const unsigned char *from = memrchr(r->text.data, '\n', at);
    const unsigned char *to = memchr(mark, '\n', (size_t)(end - mark));
    from = from == NULL ? r->text.data : from + 1;
    to = to == NULL ? end : to;
    r->s->line += count_lines(r->numbered, from);
    r->numbered = from;
    r->judged = to;
    judge_line(r->s, r->s->line, (struct bytes){ from, (size_t)(to - from) });
    return true;
}

static void take_lines(struct announce_stream *s, const unsigned char *data, size_t len)
{
    struct region r = { s, { data, len }, data, data };
    scanner_run(s->all->marks, r.text, judge_around, &r);
    s->line += count_lines(r.numbered, data + len);
}

/* More of a line that is too long to be kept: only marks are looked for, also across pieces. */
static void take_long(struct announce_stream *s, const unsigned char *data, size_t len)
{
    unsigned char joint[OVERLAP * 2];
    size_t kept = s->n_held < OVERLAP ? s->n_held : OVERLAP, more = len < OVERLAP ? len : OVERLAP;
    memcpy(joint, s->held + s->n_held - kept, kept);
    memcpy(joint + kept, data, more);
    if (!s->long_mark)
        s->long_mark = scanner_any(s->all->marks, (struct bytes){ joint, kept + more }) ||
                       scanner_any(s->all->marks, (struct bytes){ data, len });
    if (len >= OVERLAP) {
        memcpy(s->held, data + len - OVERLAP, OVERLAP);
        s->n_held = OVERLAP;
    } else {
        size_t last = kept + more < OVERLAP ? kept + more : OVERLAP;
        memcpy(s->held, joint + kept + more - last, last);
        s->n_held = last;
    }
}

static void hold(struct announce_stream *s, const unsigned char *data, size_t len)
{
    if (!s->is_long && len <= ANNOUNCE_LINE - s->n_held) {
        memcpy(s->held + s->n_held, data, len);
        s->n_held += len;
        return;
    }
    if (!s->is_long) {
        s->is_long = true;
        s->long_mark =
            scanner_any(s->all->marks, (struct bytes){ (const unsigned char *)s->held, s->n_held });
    }
    take_long(s, data, len);
}

static void end_line(struct announce_stream *s)
{
    if (s->is_long && s->long_mark)
        remember(s, (struct seen){ s->line, ANNOUNCE_NEAR, NULL,
                                   "it stands in a line that is too long" });
    else if (!s->is_long)
        judge_line(s, s->line, (struct bytes){ (const unsigned char *)s->held, s->n_held });
    s->n_held = 0;
    s->is_long = s->long_mark = false;
    s->line++;
}

void announce_stream_feed(struct announce_stream *s, const void *data, size_t len)
{
    const unsigned char *at = data;
    while (len > 0) {
        const unsigned char *end = s->n_held > 0 ? NULL : memrchr(at, '\n', len);
        size_t taken;
        if (end != NULL) {
            taken = (size_t)(end - at) + 1;
            take_lines(s, at, taken);
        } else {
            end = memchr(at, '\n', len);
            taken = end == NULL ? len : (size_t)(end - at);
            hold(s, at, taken);
            if (end != NULL) {
                end_line(s);
                taken++;
            }
        }
        at += taken;
        len -= taken;
    }
}

void announce_stream_end(struct announce_stream *s)
{
    if (s->n_held > 0)
        end_line(s);
}

int64_t announce_stream_lines(const struct announce_stream *s)
{
    return s->line - 1;
}

/* ---- the verdict ---- */

static const char *named(const struct announce_stream *s, const char *what,
                         const struct announcement *which)
{
    return which == NULL ? what : arena_printf(s->arena, "%s (%s)", what, which->name);
}

static bool is_expected(const struct seen *seen, const struct announce_start *start)
{
    return seen->kind == ANNOUNCE_EXACT &&
           (start->expected == NULL || seen->which == start->expected);
}

static void judge_seen(const struct announce_stream *s, const struct announce_start *start,
                       const struct seen *seen, size_t before,
                       void (*tell)(void *arg, enum announce_fault fault, int64_t line,
                                    const char *what),
                       void *arg)
{
    if (start->production)
        tell(arg, ANNOUNCE_PRODUCTION, seen->line,
             named(s, seen->kind == ANNOUNCE_EXACT ? "the line itself" : seen->why, seen->which));
    else if (seen->kind == ANNOUNCE_NEAR)
        tell(arg, ANNOUNCE_INEXACT, seen->line, named(s, seen->why, seen->which));
    else if (!start->announces)
        tell(arg, ANNOUNCE_FOREIGN, seen->line, named(s, "the line itself", seen->which));
    else if (!is_expected(seen, start))
        tell(arg, ANNOUNCE_INEXACT, seen->line,
             named(s, "it is another dependency's line", seen->which));
    else if (before > 0)
        tell(arg, ANNOUNCE_REPEATED, seen->line, "it was there before");
}

void announce_stream_judge(const struct announce_stream *s, const struct announce_start *start,
                           void (*tell)(void *arg, enum announce_fault fault, int64_t line,
                                        const char *what),
                           void *arg)
{
    size_t expected = 0;
    for (size_t i = 0; i < s->n_seen; i++) {
        judge_seen(s, start, &s->seen[i], expected, tell, arg);
        expected += is_expected(&s->seen[i], start);
    }
    /* A line that is nearly the one has been told already. */
    if (start->announces && !start->production && s->n_seen == 0)
        tell(arg, ANNOUNCE_MISSING, 0, "no line announces the insecure default");
}
