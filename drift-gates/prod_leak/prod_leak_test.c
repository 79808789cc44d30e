/* The leak gate on this repository, and a property: a random secret of development, written in one
 * random encoding or in two, at a random place of a random object, is found; a random text of the
 * same shape is not. The confusion table and the seed are printed. */
#include "drift-gates/prod_leak/prod_leak.h"

#include <stdio.h>

#include "common/json.h"
#include "common/random.h"
#include "common/testing.h"
#include "common/text.h"
#include "drift-gates/prod_leak/encodings.h"
#include "drift-gates/findings.h"

enum { ROUNDS = 1500, SLOTS = 4096 };

static struct arena *arena;
static struct gate_run run;
static struct prng prng;

static uint64_t below(uint64_t limit)
{
    return prng_next(&prng) % limit;
}

static void begin(void)
{
    struct error e = { "" };
    struct settings *s;
    struct tree *t;
    arena = arena_create();
    ck_assert_msg(settings_read(arena, ".", NULL, &s, &e), "%s", e.text);
    ck_assert_msg(tree_open(arena, ".", s->ignore, &t, &e), "%s", e.text);
    ck_assert_msg(settings_complete(s, t, &e), "%s", e.text);
    run = (struct gate_run){ .arena = arena,
                             .gate = &gate_prod_leak,
                             .tree = t,
                             .settings = s,
                             .findings = findings_create(arena) };
}

static const struct render *production(void)
{
    struct error e = { "" };
    const struct render *r;
    for (size_t i = 0; i < run.settings->n_renders; i++) {
        if (run.settings->renders[i].production) {
            ck_assert_msg(render_open(&run, &run.settings->renders[i], &r, &e), "%s", e.text);
            return r;
        }
    }
    ck_abort_msg("this repository has no production render");
}

START_TEST(this_repository_is_clean)
{
    begin();
    gate_execute(&gate_prod_leak, run.tree, run.settings, run.findings);
    const struct gate_outcome *o = &run.findings->outcomes[0];
    ck_assert_msg(o->state == GATE_CLEAN, "%s",
                  o->error != NULL      ? o->error
                  : run.findings->n > 0 ? run.findings->rows[0].message
                                        : "nothing was compared");
    arena_destroy(arena);
}
END_TEST

START_TEST(no_message_holds_a_value)
{
    struct error e = { "" };
    struct needles *needles;
    json_t *names;
    begin();
    ck_assert(leak_sources_read(&run, &needles, &names, &e));
    ck_assert_uint_gt(needles_values(needles), 20);
    for (size_t i = 0; i < needles_count(needles); i++) {
        const struct needle *n = needles_at(needles, i);
        const char *value = arena_strndup(arena, (const char *)n->value.data, n->value.len);
        ck_assert_msg(n->marker || n->value.len < 4 || !text_contains(n->name, value), "%s",
                      n->name);
    }
    arena_destroy(arena);
}
END_TEST

/* ---- the property ---- */

struct slot {
    json_t *parent;
    const char *key; /* NULL: an element of an array */
    size_t index;
};

struct slots {
    struct slot rows[SLOTS];
    size_t n;
};

static void add_slots(struct slots *s, json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    json_object_foreach (value, key, member) {
        if (json_is_string(member) && s->n < SLOTS && !text_equal(key, "kind"))
            s->rows[s->n++] = (struct slot){ value, key, 0 };
        add_slots(s, member);
    }
    json_array_foreach (value, i, member) {
        if (json_is_string(member) && s->n < SLOTS)
            s->rows[s->n++] = (struct slot){ value, NULL, i };
        add_slots(s, member);
    }
}

static void put(const struct slot *s, struct bytes text)
{
    json_t *value = json_stringn((const char *)text.data, text.len);
    ck_assert_ptr_nonnull(value);
    if (s->key != NULL)
        json_object_set_new(s->parent, s->key, value);
    else
        json_array_set_new(s->parent, s->index, value);
}

struct outcome {
    struct needles *needles;
    size_t origin; /* the needle that was planted */
    bool found, other;
};

static void note(void *arg, struct place where, const struct needle_hits *hits)
{
    struct outcome *o = arg;
    ck_assert_ptr_nonnull(where.file);
    for (size_t i = 0; i < hits->n; i++) {
        bool it = needles_at(o->needles, hits->rows[i].needle)->origin == o->origin;
        o->found = o->found || it;
        o->other = o->other || !it;
    }
}

/* Plants `text` in a copy of a random object and searches that. */
static struct outcome search(struct arena *a, const struct render *r, const json_t *names,
                             struct needles *needles, size_t origin, struct bytes text)
{
    static const char *const around[] = { "", "key=", "x", "de ", "/path/", "\"", "b64:" };
    struct outcome out = { needles, origin, false, false };
    struct slots *slots = arena_alloc(a, sizeof(*slots));
    struct object object = r->objects[below(r->n)];
    struct render copy = { .name = "copy", .file = "copy.yaml", .production = true, .n = 1 };
    json_t *value = json_own(a, json_deep_copy(object.value));
    add_slots(slots, value);
    const char *before = around[below(ARRAY_LEN(around))], *after = around[below(3)];
    const char *whole =
        arena_printf(a, "%s%.*s%s", before, (int)text.len, (const char *)text.data, after);
    put(&slots->rows[below(slots->n)], BYTES_OF_TEXT(whole));
    object.value = value;
    object.render = &copy;
    copy.objects = &object;
    copy.arena = a;
    struct leak_subject s = { &copy, names, needles, note, &out, 0 };
    struct gate_run g = run;
    g.arena = a;
    leak_search_render(&g, &s);
    return out;
}

/* Of the kind and the length of a needle, but random. */
static struct bytes random_like(struct arena *a, struct bytes value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF+/:";
    unsigned char *out = arena_alloc(a, value.len + 1);
    size_t choice = below(2) == 0 ? 16 : sizeof(letters) - 1;
    for (size_t i = 0; i < value.len; i++)
        out[i] = choice == 16 ? (unsigned char)"0123456789abcdef"[below(16)]
                              : (unsigned char)letters[below(choice)];
    return (struct bytes){ out, value.len };
}

struct table {
    size_t found[ENCODINGS][2], missed[ENCODINGS][2]; /* written once, twice */
    size_t quiet, false_alarms;
};

static void print_table(const struct table *t, unsigned long long seed)
{
    printf("prod-leak, seed %llu\n%-28s %8s %8s %8s %8s\n", seed, "outer encoding", "once",
           "missed", "twice", "missed");
    for (enum encoding e = 0; e < ENCODINGS; e++)
        printf("%-24s %3d %8zu %8zu %8zu %8zu\n", encoding_name(e), (int)e, t->found[e][0],
               t->missed[e][0], t->found[e][1], t->missed[e][1]);
    printf("%-28s %8zu quiet, %zu false alarms\n", "texts that are no secret", t->quiet,
           t->false_alarms);
}

static void try_one(struct table *t, struct arena *a, const struct render *r, const json_t *names,
                    struct needles *needles)
{
    const struct needle *n;
    size_t i;
    do {
        i = below(needles_count(needles));
        n = needles_at(needles, i);
    } while (n->whole || n->marker || n->origin != i);
    enum encoding first = (enum encoding)below(ENCODINGS), second = (enum encoding)below(ENCODINGS);
    bool twice = below(2) == 0, leak = below(4) != 0;
    struct bytes text = encoding_apply(a, first, leak ? n->value : random_like(a, n->value));
    if (twice)
        text = encoding_apply(a, second, text);
    struct outcome o = search(a, r, names, needles, i, text);
    enum encoding outer = twice ? second : first;
    if (leak) {
        t->found[outer][twice] += o.found;
        t->missed[outer][twice] += !o.found;
    } else {
        t->quiet += !o.found && !o.other;
        t->false_alarms += o.found || o.other;
    }
}

START_TEST(each_leak_is_found_and_nothing_else)
{
    unsigned long long seed;
    struct error e = { "" };
    struct needles *needles;
    json_t *names;
    struct table t = { 0 };
    size_t missed = 0;
    random_bytes(&seed, sizeof(seed));
    prng.state = seed;
    begin();
    const struct render *r = production();
    ck_assert(leak_sources_read(&run, &needles, &names, &e));
    struct arena *scratch = arena_create();
    for (int round = 0; round < ROUNDS; round++) {
        try_one(&t, scratch, r, names, needles);
        arena_reset(scratch);
    }
    print_table(&t, seed);
    for (enum encoding k = 0; k < ENCODINGS; k++)
        missed += t.missed[k][0] + t.missed[k][1];
    ck_assert_uint_eq(missed, 0);
    ck_assert_uint_eq(t.false_alarms, 0);
    ck_assert_uint_gt(t.quiet, 0);
    arena_destroy(scratch);
    arena_destroy(arena);
}
END_TEST

TESTS("drift-gates/prod_leak", this_repository_is_clean, no_message_holds_a_value,
      each_leak_is_found_and_nothing_else)
