/* drift-gates/migrations/goose_text.h — a migration in goose's format, as words.
 *
 * Statements of `-- +goose Up` and `-- +goose Down`, cut at `;` outside quotes. Words are
 * lower-case; names with dots are one word; comments are gone. What stands between dollar quotes is
 * words, too, marked as a body. What goose would refuse, cut elsewhere or not run is told to
 * `fault`. */
#ifndef DRIFT_GATES_GOOSE_TEXT_H
#define DRIFT_GATES_GOOSE_TEXT_H

#include "common/arena.h"
#include "common/base.h"

struct goose_word {
    const char *text; /* a word, one sign, or a literal with its quotes as written */
    bool body;        /* inside dollar quotes */
};

struct goose_words {
    struct goose_word *words;
    size_t n, room;
    int line; /* of the first */
};

struct goose_part {
    struct goose_words *statements;
    size_t n, room;
    int line; /* of its annotation; 0: there is none */
};

struct goose_migration_text {
    struct goose_part up, down;
};

struct goose_reader {
    struct arena *arena;
    void (*fault)(void *self, int line, const char *what);
    void *self;
};

void goose_text_read(const struct goose_reader *r, struct bytes text,
                     struct goose_migration_text *out);

/* The words from `i` on are these, which end with NULL. */
bool goose_words_at(const struct goose_words *s, size_t i, const char *const *words);

#endif
