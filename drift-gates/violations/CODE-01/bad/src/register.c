int refuse(int used)
{
    return used ? PROBLEM_TOKEN_CONSUMED : PROBLEM_TOKEN_USED; /* never PROBLEM_WHATEVER */
}
