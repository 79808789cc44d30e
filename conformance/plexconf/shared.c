#include <stdio.h>
#include <string.h>

#include "common/environment.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"
#include "harness/case.h"
#include "harness/contract.h"
#include "harness/engine.h"
#include "plexconf/commands.h"

volatile sig_atomic_t was_interrupted;

int complain(const struct error *e, int code)
{
    fprintf(stderr, "plexconf: %s\n", e->text);
    return code;
}

int after_options(enum options_result r, const char *program, const struct error *e)
{
    if (r == OPTIONS_OK)
        return -1;
    if (r == OPTIONS_HELP)
        return EXIT_CONFORMANT;
    fprintf(stderr, "%s: %s\n", program, e->text);
    return EXIT_USAGE;
}

bool load_cases(struct error *e)
{
    if (!contract_load(e))
        return false;
    cases_generate();
    return case_count() > 0 || error_set(e, "this plexconf was built without any case");
}

static const char *nearest_id(const char *word)
{
    size_t n = case_count();
    const char **ids = mem_alloc_array(n + 1, sizeof(*ids));
    for (size_t i = 0; i < n; i++)
        ids[i] = case_at(i)->id;
    const char *nearest = options_nearest(word, ids);
    mem_free(ids);
    return nearest;
}

static bool matches_some_case(const char *pattern)
{
    for (size_t i = 0; i < case_count(); i++) {
        if (text_glob(pattern, case_at(i)->id))
            return true;
    }
    return false;
}

static bool check_ids(char *const *words, size_t n, struct error *e)
{
    for (size_t i = 0; i < n; i++) {
        if (matches_some_case(words[i]))
            continue;
        const char *nearest = nearest_id(words[i]);
        if (nearest != NULL)
            return error_set(e, "no case has the id '%s'; did you mean '%s'?", words[i], nearest);
        return error_set(e, "no case has an id like '%s'; `plexconf list` shows them", words[i]);
    }
    return true;
}

bool read_selection(struct arena *a, const char *expression, char *const *words, size_t n_words,
                    const struct selector **out, struct error *e)
{
    const struct selector *chosen = NULL;
    if (expression != NULL && !selector_parse(a, expression, &chosen, e))
        return error_prefix(e, "--select");
    if (!check_ids(words, n_words, e))
        return false;
    *out = selector_both(a, chosen, selector_of_ids(a, words, n_words));
    return true;
}

bool find_reference_profile(struct arena *a, const char **out, struct error *e)
{
    const char *here = path_of_executable(a);
    const char *const places[] = {
        arena_printf(a, "%s/../../conformance/profiles/reference.yaml", here),
        arena_printf(a, "%s/../share/plexconf/profiles/reference.yaml", here),
        CONTRACT_DIRECTORY "/../profiles/reference.yaml",
    };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (path_exists(places[i])) {
            *out = places[i];
            return true;
        }
    }
    return error_set(e, "the reference profile is neither at %s nor at %s; give --profile FILE",
                     places[0], places[1]);
}

const char *cache_directory(struct arena *a)
{
    struct environment env = environment_of_process();
    const char *cache = environment_get(&env, "XDG_CACHE_HOME");
    const char *home = environment_get(&env, "HOME");
    if (!text_blank(cache) && cache[0] == '/')
        return path_join(a, cache, "plexconf");
    return text_blank(home) ? NULL : path_join(a, home, ".cache/plexconf");
}

char *new_run_prefix(struct arena *a)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* no l, o, 0, 1 */
    char name[7] = { 0 };
    for (size_t i = 0; i < 6; i++)
        name[i] = letters[random_below(sizeof(letters) - 1)];
    return arena_printf(a, "pc-%s", name);
}

static void on_interrupt(int number)
{
    (void)number;
    was_interrupted = 1;
}

void watch_interrupts(void)
{
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}
