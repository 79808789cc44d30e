#include "common/json.h"
#include "common/text.h"
#include "drift-gates/migrations/migrations.h"

static struct place at(const struct migration *one, const struct goose_words *s)
{
    return (struct place){ .file = one->path, .line = s->line };
}

static bool begins(const struct goose_words *s, const char *word)
{
    return s->n > 0 && text_equal(s->words[0].text, word);
}

static bool holds(const struct goose_words *s, const char *first, const char *second)
{
    for (size_t i = 0; i < s->n; i++) {
        if (text_equal(s->words[i].text, first) &&
            (second == NULL || (i + 1 < s->n && text_equal(s->words[i + 1].text, second))))
            return true;
    }
    return false;
}

/* ---- irreversible ---- */

static bool raises(const struct goose_words *s)
{
    return begins(s, "do") && holds(s, "raise", NULL);
}

bool migrations_refuses(const struct migration *one)
{
    for (size_t i = 0; i < one->text.down.n; i++) {
        if (raises(&one->text.down.statements[i]))
            return true;
    }
    return false;
}

static bool has_right_state(const struct goose_words *s)
{
    return holds(s, "'0A000'", NULL) || holds(s, "feature_not_supported", NULL) ||
           holds(s, "'feature_not_supported'", NULL);
}

void migrations_judge_irreversible(struct migrations *m, const struct migration *one)
{
    const json_t *why = migrations_declared(m, "irreversible", one->version);
    const struct goose_part *down = &one->text.down;
    struct place where = { .file = one->path, .line = down->line };
    if (!migrations_refuses(one)) {
        if (why != NULL)
            finding(m->g, "MIG-05", where,
                    "it is declared irreversible, and its Down raises nothing");
        return;
    }
    if (text_blank(json_string_value(why)))
        finding(m->g, "MIG-05", where, "its Down refuses, and no reason is declared");
    for (size_t i = 0; i < down->n; i++) {
        const struct goose_words *s = &down->statements[i];
        if (!raises(s))
            finding(m->g, "MIG-05", at(one, s), "a Down that refuses does nothing else");
        else if (!has_right_state(s))
            finding(m->g, "MIG-05", at(one, s), "its Down refuses without SQLSTATE 0A000");
    }
}

/* ---- losses ---- */

#define LOSS_WORDS_MOST 6

/* "drop not null", "drop table plexsphere.x": what is lost at word `i`, or NULL. */
static const char *loss_at(struct arena *a, const struct goose_words *s, size_t i)
{
    const char *word = s->words[i].text;
    if (!text_equal(word, "drop") && !text_equal(word, "truncate") &&
        !(text_equal(word, "delete") && i + 1 < s->n && text_equal(s->words[i + 1].text, "from")))
        return NULL;
    const char *said = word;
    for (size_t k = i + 1; k < s->n && k < i + LOSS_WORDS_MOST; k++) {
        const char *next = s->words[k].text;
        if (text_equal(next, ",") || text_equal(next, "where") || text_equal(next, "cascade"))
            break;
        said = arena_printf(a, "%s %s", said, next);
    }
    return said;
}

/* These speak of dropping and deleting and do neither now. */
static bool only_speaks(const struct goose_words *s)
{
    return begins(s, "create") || begins(s, "comment") || begins(s, "grant") || begins(s, "revoke");
}

static void judge_part(struct migrations *m, const struct migration *one,
                       const struct goose_part *part, json_t *met)
{
    const json_t *declared = migrations_declared(m, "drops", one->version);
    for (size_t i = 0; i < part->n; i++) {
        const struct goose_words *s = &part->statements[i];
        for (size_t k = 0; k < s->n && !only_speaks(s); k++) {
            const char *loss = loss_at(m->g->arena, s, k);
            if (loss == NULL || (part == &one->text.down && text_starts(loss, "drop")))
                continue; /* what a Down may drop is judged by what its Up made */
            json_object_set_new(met, loss, json_true());
            if (text_blank(json_text(declared, loss)))
                finding(m->g, "MIG-06", at(one, s), "'%s' is not declared", loss);
            else
                m->drops++;
        }
    }
}

void migrations_judge_losses(struct migrations *m, const struct migration *one)
{
    const json_t *declared = migrations_declared(m, "drops", one->version);
    json_t *met = json_own(m->g->arena, json_object()), *reason;
    const char *loss;
    judge_part(m, one, &one->text.up, met);
    judge_part(m, one, &one->text.down, met);
    json_object_foreach ((json_t *)declared, loss, reason) {
        if (json_object_get(met, loss) == NULL)
            finding(m->g, "MIG-06", data_file_place(m->g, &m->declared, declared, loss),
                    "%s holds no '%s'", one->path, loss);
    }
}

/* ---- the way back ---- */

/* Names of one kind that a part makes or drops: "table x" → line. */
struct names {
    struct migrations *m;
    json_t *lines;
};

static void put(struct names *n, const char *kind, const char *name, int line)
{
    json_object_set_new(n->lines, arena_printf(n->m->g->arena, "%s %s", kind, name),
                        json_integer(line));
}

/* Behind "if not exists", "if exists", "only", "concurrently". */
static size_t behind_ifs(const struct goose_words *s, size_t i)
{
    static const char *const words[] = { "if", "not", "exists", "only", "concurrently" };
    for (bool more = true; more && i < s->n;) {
        more = false;
        for (size_t k = 0; k < ARRAY_LEN(words); k++)
            more = more || text_equal(s->words[i].text, words[k]);
        i += more;
    }
    return i;
}

static const char *word(const struct goose_words *s, size_t i)
{
    return i < s->n ? s->words[i].text : "";
}

static const char *bare(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? name : dot + 1;
}

static void take_create(struct names *n, const struct goose_words *s, const json_t *tables)
{
    size_t i = 1 + text_equal(word(s, 1), "unique");
    if (text_equal(word(s, i), "table"))
        put(n, "table", word(s, behind_ifs(s, i + 1)), s->line);
    if (!text_equal(word(s, i), "index"))
        return;
    i = behind_ifs(s, i + 1);
    size_t on = i + 1;
    if (!text_equal(word(s, on), "on"))
        return; /* an index without a name of its own */
    const char *table = arena_printf(n->m->g->arena, "table %s", word(s, behind_ifs(s, on + 1)));
    if (json_object_get(tables, table) == NULL) /* else it goes with its table */
        put(n, "index", bare(word(s, i)), s->line);
}

static void take_drop(struct names *n, const struct goose_words *s)
{
    const char *kind = word(s, 1);
    if (!text_equal(kind, "table") && !text_equal(kind, "index"))
        return;
    for (size_t i = behind_ifs(s, 2); i < s->n; i++) {
        const char *name = word(s, i);
        if (text_equal(name, "cascade") || text_equal(name, "restrict") || text_equal(name, ","))
            continue;
        put(n, kind, text_equal(kind, "index") ? bare(name) : name, s->line);
    }
}

static void take_alter(struct names *n, const struct goose_words *s, const char *verb)
{
    const char *table = word(s, behind_ifs(s, 2));
    if (!text_equal(word(s, 1), "table"))
        return;
    for (size_t i = 2; i < s->n; i++) {
        if (!text_equal(word(s, i), verb) || !text_equal(word(s, i + 1), "column"))
            continue;
        const char *column = word(s, behind_ifs(s, i + 2));
        put(n, "column", arena_printf(n->m->g->arena, "%s.%s", table, column), s->line);
    }
}

static json_t *made_by(struct migrations *m, const struct goose_part *up)
{
    struct names n = { m, json_own(m->g->arena, json_object()) };
    for (size_t i = 0; i < up->n; i++) {
        if (begins(&up->statements[i], "create"))
            take_create(&n, &up->statements[i], n.lines);
        else if (begins(&up->statements[i], "alter"))
            take_alter(&n, &up->statements[i], "add");
    }
    return n.lines;
}

static json_t *dropped_by(struct migrations *m, const struct goose_part *down)
{
    struct names n = { m, json_own(m->g->arena, json_object()) };
    for (size_t i = 0; i < down->n; i++) {
        if (begins(&down->statements[i], "drop"))
            take_drop(&n, &down->statements[i]);
        else if (begins(&down->statements[i], "alter"))
            take_alter(&n, &down->statements[i], "drop");
    }
    return n.lines;
}

/* A whole schema may go, and with it all that is in it. */
static bool drops_schema(const struct goose_part *down)
{
    for (size_t i = 0; i < down->n; i++) {
        if (begins(&down->statements[i], "drop") &&
            text_equal(word(&down->statements[i], 1), "schema"))
            return true;
    }
    return false;
}

void migrations_judge_way_back(struct migrations *m, const struct migration *one)
{
    json_t *made = made_by(m, &one->text.up), *dropped = dropped_by(m, &one->text.down), *line;
    const char *name;
    if (one->text.down.n == 0 || migrations_refuses(one) || drops_schema(&one->text.down))
        return;
    json_object_foreach (made, name, line) {
        if (json_object_get(dropped, name) == NULL)
            finding(m->g, "MIG-07",
                    (struct place){ .file = one->path, .line = (int)json_integer_value(line) },
                    "Up makes %s, and Down leaves it", name);
    }
    json_object_foreach (dropped, name, line) {
        if (json_object_get(made, name) == NULL)
            finding(m->g, "MIG-07",
                    (struct place){ .file = one->path, .line = (int)json_integer_value(line) },
                    "Down drops %s, which Up did not make", name);
    }
}
