#include "drift-gates/gate.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/encoding.h"
#include "common/memory.h"
#include "common/text.h"
#include "drift-gates/findings.h"

#define FINGERPRINT_BYTES 8
#define PRINTED_BYTES 4
#define GUESSABLE_BELOW 12
#define MESSAGE_MOST 1000

static void sha256(const void *data, size_t len, unsigned char out[32])
{
    if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1)
        abort(); /* libcrypto without SHA-256 is no libcrypto */
}

const struct gate *gate_named(const char *name)
{
    for (size_t i = 0; gates[i] != NULL; i++) {
        if (text_equal(gates[i]->name, name))
            return gates[i];
    }
    return NULL;
}

const struct gate_rule *gate_rule_named(const struct gate *gate, const char *id)
{
    for (size_t i = 0; i < gate->n_rules; i++) {
        if (text_equal(gate->rules[i].id, id))
            return &gate->rules[i];
    }
    return NULL;
}

/* Lines move when somebody edits above, so they are no part of what makes a finding the same. */
static const char *fingerprint(struct arena *a, const struct finding *f)
{
    const char *said =
        arena_printf(a, "%s\n%s\n%s\n%s", f->rule->id, f->where.file == NULL ? "" : f->where.file,
                     f->where.path == NULL ? "" : f->where.path, f->message);
    unsigned char digest[32];
    sha256(said, strlen(said), digest);
    return hex_encode(a, digest, FINGERPRINT_BYTES);
}

/* One line of text, whatever the tree holds: no control bytes, nothing that is no UTF-8, no end. */
static const char *printable(struct arena *a, const char *message)
{
    size_t len = strnlen(message, MESSAGE_MOST), i = 0;
    char *out = arena_strndup(a, message, len);
    while (i < len) {
        size_t step = text_utf8_sequence(out + i, len - i);
        if (step == 0 || (unsigned char)out[i] < 0x20 || out[i] == 0x7f)
            out[i++] = '?';
        else
            i += step;
    }
    return len < MESSAGE_MOST ? out : arena_printf(a, "%s…", out);
}

static void add(struct gate_run *g, const char *rule, struct place where, struct place other,
                const char *message)
{
    struct findings *all = g->findings;
    const struct gate_rule *row = gate_rule_named(g->gate, rule);
    if (row == NULL) {
        fprintf(stderr, "plexconf: gate %s has no rule %s\n", g->gate->name, rule);
        exit(70);
    }
    if (all->n == all->room) {
        size_t room = all->room == 0 ? 64 : all->room * 2;
        struct finding *rows = arena_alloc_array(all->arena, room, sizeof(*rows));
        if (all->n > 0)
            memcpy(rows, all->rows, all->n * sizeof(*rows));
        all->rows = rows;
        all->room = room;
    }
    struct finding f = { .gate = g->gate, .rule = row, .where = where, .other = other };
    f.message = printable(all->arena, message);
    f.fingerprint = fingerprint(all->arena, &f);
    all->rows[all->n++] = f;
}

void finding(struct gate_run *g, const char *rule, struct place where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(g, rule, where, (struct place){ 0 }, arena_vprintf(g->arena, format, args));
    va_end(args);
}

void finding_between(struct gate_run *g, const char *rule, struct place where, struct place other,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(g, rule, where, other, arena_vprintf(g->arena, format, args));
    va_end(args);
}

void gate_compared(struct gate_run *g, size_t n, const char *what)
{
    struct findings *all = g->findings;
    g->compared += n;
    for (size_t i = 0; i < all->n_counts; i++) {
        if (all->counts[i].gate == g->gate && text_equal(all->counts[i].what, what)) {
            all->counts[i].n += n;
            return;
        }
    }
    struct gate_count *more = arena_alloc_array(all->arena, all->n_counts + 1, sizeof(*more));
    if (all->n_counts > 0)
        memcpy(more, all->counts, all->n_counts * sizeof(*more));
    more[all->n_counts++] = (struct gate_count){ g->gate, arena_strdup(all->arena, what), n };
    all->counts = more;
}

void gate_unlooked(struct gate_run *g, const char *what, const char *why)
{
    struct findings *all = g->findings;
    struct gate_note *more = arena_alloc_array(all->arena, all->n_notes + 1, sizeof(*more));
    if (all->n_notes > 0)
        memcpy(more, all->notes, all->n_notes * sizeof(*more));
    more[all->n_notes++] = (struct gate_note){ g->gate, arena_strdup(all->arena, what),
                                               arena_strdup(all->arena, why) };
    all->notes = more;
}

const char *secret_print(struct arena *a, const void *value, size_t len)
{
    unsigned char digest[32];
    if (len < GUESSABLE_BELOW)
        return arena_printf(a, "%zu bytes", len);
    sha256(value, len, digest);
    return arena_printf(a, "%zu bytes, sha256 %s…", len, hex_encode(a, digest, PRINTED_BYTES));
}
