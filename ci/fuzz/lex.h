/* What the fuzz targets of the lexers share. */
#include <stdlib.h>
#include <string.h>

#include "drift-gates/sources/env_source.h"

static inline void lex_check(const struct tokens *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct token *token = &t->rows[i];
        if ((size_t)token->at + token->len > t->text.len || token->pair >= t->n ||
            t->rows[token->pair].pair != i)
            abort();
        if (i > 0 && t->rows[i - 1].line > token->line)
            abort();
    }
}

static inline int lex_any(enum language l, const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct env_rules *rules;
    struct env_source s = { .arena = a };
    struct tokens tokens = { .n = 0 };
    struct bytes text = { (const unsigned char *)arena_strndup(a, "", 0), size };
    if (size > 0) {
        unsigned char *copy = arena_alloc(a, size + 1);
        memcpy(copy, data, size);
        text.data = copy;
    }
    if (lex(l, text, LEX_COMMENTS, &tokens, &e) == (*e.text != '\0'))
        abort();
    lex_check(&tokens);
    for (size_t i = 0; i < tokens.n; i++) {
        if (tokens.rows[i].kind == TOKEN_STRING || tokens.rows[i].kind == TOKEN_PIECE)
            (void)token_string(a, &tokens, i);
    }
    if (!env_rules_make(a, NULL, &rules, &e))
        abort();
    s.rules = rules;
    if (!env_source_read(&s, "x", l, text, &e) && *e.text == '\0')
        abort();
    for (size_t i = 0; i < s.n; i++) {
        if (s.rows[i].read.where.line < 1 || *s.rows[i].read.name == '\0' ||
            s.rows[i].read.entries == NULL)
            abort();
    }
    env_source_release(&s);
    tokens_release(&tokens);
    arena_destroy(a);
    return 0;
}
