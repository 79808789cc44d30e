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

void findings_add(struct gate_run *g, const struct gate_rule *rule, struct place where,
                  struct place other, const char *message)
{
    struct findings *all = g->findings;
    if (all->n - all->first >= FINDINGS_MAX) {
        all->dropped++;
        return;
    }
    struct finding f = { .gate = g->gate, .rule = rule, .where = where, .other = other };
    f.message = message;
    f.fingerprint = fingerprint(all->arena, &f);
    all->rows = arena_grow(all->arena, all->rows, all->n, &all->room, sizeof(f));
    all->rows[all->n++] = f;
}

static const struct gate_rule *rule_of(const struct gate_run *g, const char *id)
{
    const struct gate_rule *row = gate_rule_named(g->gate, id);
    if (row == NULL) {
        fprintf(stderr, "plexconf: gate %s has no rule %s\n", g->gate->name, id);
        exit(70);
    }
    return row;
}

void finding(struct gate_run *g, const char *rule, struct place where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    findings_add(g, rule_of(g, rule), where, (struct place){ 0 },
                 arena_vprintf(g->arena, format, args));
    va_end(args);
}

void finding_between(struct gate_run *g, const char *rule, struct place where, struct place other,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    findings_add(g, rule_of(g, rule), where, other, arena_vprintf(g->arena, format, args));
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
    all->counts =
        arena_grow(all->arena, all->counts, all->n_counts, &all->counts_room, sizeof(*all->counts));
    all->counts[all->n_counts++] =
        (struct gate_count){ g->gate, arena_strdup(all->arena, what), n };
}

void gate_unlooked(struct gate_run *g, const char *what, const char *why)
{
    struct findings *all = g->findings;
    all->notes =
        arena_grow(all->arena, all->notes, all->n_notes, &all->notes_room, sizeof(*all->notes));
    all->notes[all->n_notes++] = (struct gate_note){ g->gate, arena_strdup(all->arena, what),
                                                     arena_strdup(all->arena, why) };
}

const char *secret_print(struct arena *a, const void *value, size_t len)
{
    unsigned char digest[32];
    if (len < GUESSABLE_BELOW)
        return arena_printf(a, "%zu bytes", len);
    sha256(value, len, digest);
    return arena_printf(a, "%zu bytes, sha256 %s…", len, hex_encode(a, digest, PRINTED_BYTES));
}
