int token_is_good(int used)
{
    if (used) return 0;
    return 1;
}
