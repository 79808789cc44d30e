/* Where the program reads its environment. */
enum configured production_shop_config_from_env(struct arena *a, const struct environment *env,
                                                struct shop *out, struct error *e)
{
    enum configured all = CONFIGURED_ON;
    all = env_and(all, env_text(a, env, "PLEXSPHERE_ALPHA", &out->text, e));
    return all;
}
