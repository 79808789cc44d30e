/* store/sql_text.h — as much of PostgreSQL's lexer as it takes to find the ';' that ends a
 * statement: quotes ('…', E'…', "…", $tag$…$tag$), comments (-- and nested), and nothing else. */
#ifndef PLEXSPHERE_STORE_SQL_TEXT_H
#define PLEXSPHERE_STORE_SQL_TEXT_H

#include "common/base.h"

struct sql_scan { /* starts as zeros; carries over from line to line */
    enum {
        SQL_PLAIN,
        SQL_QUOTE,        /* '…' */
        SQL_ESCAPE_QUOTE, /* E'…' */
        SQL_NAME_QUOTE,   /* "…" */
        SQL_DOLLAR_QUOTE,
        SQL_BLOCK_COMMENT,
        SQL_LINE_COMMENT,
    } inside;
    int depth;    /* of block comments */
    char tag[66]; /* of the dollar quote, with both dollars */
    bool in_word; /* the character before belonged to a name or number */
};

enum sql_token_kind {
    SQL_TOKEN_SPACE, /* blanks and line comments: no part of a statement on their own */
    SQL_TOKEN_OTHER,
    SQL_TOKEN_END, /* the ';' */
};

struct sql_token {
    enum sql_token_kind kind;
    size_t len; /* at least 1 */
};

/* The next piece of [p, end), which is part of one line and not empty. */
struct sql_token sql_scan_next(struct sql_scan *s, const char *p, const char *end);
void sql_scan_newline(struct sql_scan *s);
/* In a quote or a block comment? */
bool sql_scan_inside(const struct sql_scan *s);

#endif
