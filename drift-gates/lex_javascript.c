#include "drift-gates/lexer.h"

void lex_javascript(struct lexer *x)
{
    x->p = x->end;
}
