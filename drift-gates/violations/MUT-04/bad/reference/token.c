int token_is_good(int used)
{
    if (used != 0) return 0;
    return 1;
}
