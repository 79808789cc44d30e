#include "harness/spec_clauses.h"

#include <ctype.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"

struct reading {
    struct arena *arena;
    json_t *clauses;
    json_t *lines; /* id → line, for the message about a duplicate */
    struct error *error;
    int line;
};

static const char *const levels[] = { "MUST NOT", "MUST", "SHOULD NOT", "SHOULD", "MAY" };
static const char *const sources[] = { "contract", "seed", "ruling" };

static bool bad(struct reading *r, const char *id, const char *why)
{
    return error_set(r->error, "line %d: clause %.40s: %s", r->line, id, why);
}

static bool upper_or_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Length of an id like REG-014 or DB-CUR-3 at `text`; 0: there is none. */
static size_t id_length(const char *text)
{
    size_t len = 0, last_part = 0;
    if (text[0] < 'A' || text[0] > 'Z')
        return 0;
    while (upper_or_digit(text[len]) || (text[len] == '-' && upper_or_digit(text[len + 1]))) {
        if (text[len] == '-')
            last_part = len + 1;
        len++;
    }
    if (last_part == 0)
        return 0;
    for (size_t i = last_part; i < len; i++)
        if (!isdigit((unsigned char)text[i]))
            return 0;
    return len;
}

/* "- **REG-014": what makes a line a clause, whatever follows. */
static const char *clause_start(const char *line)
{
    static const char bullet[] = "- **";
    if (!text_starts(line, bullet) || id_length(line + sizeof bullet - 1) == 0)
        return NULL;
    return line + sizeof bullet - 1;
}

static const char *take_word(const char **at, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_starts(*at, words[i])) {
            *at += strlen(words[i]);
            return words[i];
        }
    return NULL;
}

static bool take_text(const char **at, const char *text)
{
    if (!text_starts(*at, text))
        return false;
    *at += strlen(text);
    return true;
}

static bool add(struct reading *r, const char *id, const char *level, const char *source,
                const char *where, const char *text)
{
    json_int_t earlier = json_integer_value(json_object_get(r->lines, id));
    if (earlier != 0)
        return error_set(r->error, "line %d: clause %s stands on line %d already", r->line, id,
                         (int)earlier);
    json_object_set_new(r->lines, id, json_integer(r->line));
    json_array_append_new(r->clauses,
                          json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "level", level, "source",
                                    source, "where", where, "text", text));
    return true;
}

static bool read_clause(struct reading *r, const char *at)
{
    size_t len = id_length(at);
    const char *id = arena_strndup(r->arena, at, len);
    at += len;
    if (!take_text(&at, "** "))
        return bad(r, id, "after the id stand two asterisks and one space");
    const char *level = take_word(&at, levels, ARRAY_LEN(levels));
    if (level == NULL || !take_text(&at, " ("))
        return bad(
            r, id,
            "after the id stands MUST, MUST NOT, SHOULD, SHOULD NOT or MAY, then (source: where)");
    const char *source = take_word(&at, sources, ARRAY_LEN(sources));
    if (source == NULL || !take_text(&at, ": "))
        return bad(r, id, "the source is contract, seed or ruling, then a colon and where");
    const char *close = strchr(at, ')');
    /* A place may hold brackets of its own: "rulings 3 (501)". */
    for (const char *open = strchr(at, '('); close != NULL && open != NULL && open < close;
         open = strchr(open + 1, '('))
        close = strchr(close + 1, ')');
    if (close == NULL || close == at)
        return bad(r, id, "the source's bracket is empty or not closed");
    const char *where = arena_strndup(r->arena, at, (size_t)(close - at));
    const char *text = text_trim(r->arena, close + 1);
    if (close[1] != ' ' || text[0] == '\0')
        return bad(r, id, "a sentence follows the source");
    return add(r, id, level, source, where, text);
}

/* Indented lines go on with the clause above them. */
static void continue_clause(struct reading *r, const char *line)
{
    size_t n = json_array_size(r->clauses);
    json_t *last = json_array_get(r->clauses, n - 1);
    char *text = arena_printf(r->arena, "%s %s", json_string_value(json_object_get(last, "text")),
                              text_trim(r->arena, line));
    json_object_set_new(last, "text", json_string(text));
}

static bool read_lines(struct reading *r, struct bytes text)
{
    const char *at = (const char *)text.data, *end = at + text.len;
    bool in_clause = false;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;
        char *line = arena_strndup(r->arena, at, (size_t)(stop - at));
        const char *start = clause_start(line);
        r->line++;
        if (start != NULL) {
            if (!read_clause(r, start))
                return false;
            in_clause = true;
        } else if (in_clause && text_starts(line, "  ") && !text_blank(line)) {
            continue_clause(r, line);
        } else {
            in_clause = false;
        }
        at = newline == NULL ? end : newline + 1;
    }
    return true;
}

bool spec_clauses_parse(struct arena *a, struct bytes text, json_t **out, struct error *e)
{
    if (!text_is_utf8(text.data, text.len) || (text.len > 0 && memchr(text.data, 0, text.len)))
        return error_set(e, "not UTF-8 text");
    struct reading r = { .arena = a, .error = e };
    r.clauses = json_own(a, json_array());
    r.lines = json_own(a, json_object());
    if (!read_lines(&r, text))
        return false;
    *out = r.clauses;
    return true;
}
