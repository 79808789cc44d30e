#include "common/testing.h"

#include "common/json.h"

#include "drift-gates/image_pins/pins.h"

static void same(const char *is, const char *must)
{
    if (must == NULL)
        ck_assert_ptr_null(is);
    else
        ck_assert_str_eq(is, must);
}

START_TEST(a_reference_is_repository_tag_and_digest)
{
    static const struct {
        const char *text, *repository, *name, *tag, *digest;
    } rows[] = {
        { "postgres", "postgres", "postgres", NULL, NULL },
        { "postgres:16", "postgres", "postgres", "16", NULL },
        { "ghcr.io/dexidp/dex:v2@sha256:ab", "ghcr.io/dexidp/dex", "dex", "v2", "sha256:ab" },
        { "localhost:5000/plexd", "localhost:5000/plexd", "plexd", NULL, NULL },
        { "localhost:5000/plexd:v1", "localhost:5000/plexd", "plexd", "v1", NULL },
        { "a@sha256:ab", "a", "a", NULL, "sha256:ab" },
        { "a:", "a", "a", NULL, NULL },
        { "", "", "", NULL, NULL },
    };
    struct arena *a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct image is = image_parse(a, rows[i].text);
        same(is.repository, rows[i].repository);
        same(is.name, rows[i].name);
        same(is.tag, rows[i].tag);
        same(is.digest, rows[i].digest);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(the_contract_pins_twelve_dependencies)
{
    struct arena *a = arena_create();
    struct settings s = { .arena = a };
    const json_t *root, *d;
    struct error e = { "" };
    size_t i, digests = 0;
    ck_assert_msg(settings_contract(&s, CONTRACT_DEV_STACK, &root, &e), "%s", e.text);
    const json_t *stack = json_object_get(root, "dependencies");
    json_array_foreach ((json_t *)stack, i, d)
        digests += json_text(d, "digest") != NULL;
    ck_assert_uint_eq(json_array_size(stack), 12);
    ck_assert_uint_eq(digests, 10); /* plexsphere and plexd are built here */
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/image_pins", a_reference_is_repository_tag_and_digest,
      the_contract_pins_twelve_dependencies)
