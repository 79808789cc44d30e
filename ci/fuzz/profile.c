/* Fuzz target: whatever a profile holds, it is read with all its bounds kept or refused in one line
 * that names the file. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "harness/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_hook(const struct hook *h)
{
    require(h->argv == NULL || (h->argv[0] != NULL && h->argv[0][0] != '\0'));
    require(h->argv == NULL || (h->timeout_ms >= 1 && h->timeout_ms <= 600000));
}

static void check_profile(const struct profile *p)
{
    require(p->name != NULL && p->name[0] != '\0');
    require(p->timeout_ms >= 1 && p->timeout_ms <= 30000);
    require(p->rate_limit >= 0);
    require(p->features != NULL && p->address_ranges != NULL && p->address_ranges[0] != NULL);
    require((p->client_cert == NULL) == (p->client_key == NULL));
    require(p->base_url == NULL || !text_ends(p->base_url, "/"));
    check_hook(&p->credentials);
    check_hook(&p->boot);
    check_hook(&p->advance);
    check_hook(&p->given_any);
    for (size_t i = 0; i < p->n_given; i++) {
        check_hook(&p->given[i].hook);
        require(profile_given(p, p->given[i].name) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct profile *p = NULL;
    if (profile_read(a, "fuzz.yaml", (struct bytes){ data, size }, &p, &e))
        check_profile(p);
    else
        require(text_starts(e.text, "profile fuzz.yaml:"));
    arena_destroy(a);
    return 0;
}
