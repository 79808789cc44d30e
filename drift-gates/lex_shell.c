#include "drift-gates/lexer.h"

void lex_shell(struct lexer *x)
{
    x->p = x->end;
}
