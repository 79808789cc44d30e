int refuse(int used)
{
    return used ? PROBLEM_TOKEN_CONSUMED : PROBLEM_NONE; /* never PROBLEM_WHATEVER */
}
