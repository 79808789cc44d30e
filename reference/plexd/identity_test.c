#include "reference/plexd/identity.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"

#define KEY_B64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static struct arena *a;
static struct error e;
static char *folder;

static struct identity sample(void)
{
    struct identity id = { .node_id = "n1",
                           .mesh_ip = "10.0.0.1",
                           .nsk = KEY_B64,
                           .signing_key_id = "k1",
                           .dialect = "v1" };
    identity_new_key(id.private_key);
    for (unsigned char i = 0; i < 32; i++)
        id.signing_public_key[i] = id.nsk_key[i] = i;
    return id;
}

static void begin(void)
{
    a = arena_create();
    char *parent;
    ck_assert(directory_make_temporary(a, "/tmp/plexd-identity", &parent, &e));
    folder = path_join(a, parent, "data");
}

static void finish(void)
{
    char *slash = strrchr(folder, '/');
    *slash = '\0';
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}

static void put(const char *name, const char *text)
{
    ck_assert(file_write_atomic(path_join(a, folder, name), text, strlen(text), 0600, &e));
}

START_TEST(what_is_saved_is_loaded)
{
    begin();
    struct identity id = sample(), got;
    ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_NONE);
    ck_assert_msg(identity_save(a, folder, &id, &e), "%s", e.text);
    ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_FOUND);
    ck_assert_str_eq(got.node_id, "n1");
    ck_assert_str_eq(got.mesh_ip, "10.0.0.1");
    ck_assert_str_eq(got.nsk, KEY_B64);
    ck_assert_str_eq(got.signing_key_id, "k1");
    ck_assert_str_eq(got.dialect, "v1");
    ck_assert_int_eq(memcmp(got.nsk_key, id.nsk_key, 32), 0);
    ck_assert_int_eq(memcmp(got.private_key, id.private_key, 32), 0);
    ck_assert_int_eq(memcmp(got.signing_public_key, id.signing_public_key, 32), 0);
    finish();
}
END_TEST

START_TEST(files_are_for_their_owner_alone)
{
    begin();
    struct identity id = sample();
    umask(0);
    ck_assert(identity_save(a, folder, &id, &e));
    struct stat s;
    ck_assert_int_eq(stat(folder, &s), 0);
    ck_assert_int_eq(s.st_mode & 07777, 0700);
    static const char *const names[] = { "identity.json", "private_key", "node_secret_key",
                                         "signing_public_key" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        ck_assert_int_eq(stat(path_join(a, folder, names[i]), &s), 0);
        ck_assert_int_eq(s.st_mode & 07777, 0600);
    }
    char **list;
    size_t n;
    ck_assert(directory_list(a, folder, &list, &n, &e));
    ck_assert_uint_eq(n, 4); /* and nothing temporary */
    finish();
}
END_TEST

/* plexd-facts 1.8, row by row; and what a crash between the files leaves behind. */
START_TEST(what_is_broken_is_corrupt_and_what_is_not_there_is_none)
{
    static const char *const names[] = { "private_key", "node_secret_key", "signing_public_key" };
    begin();
    struct identity id = sample(), got;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        ck_assert(identity_save(a, folder, &id, &e));
        ck_assert_int_eq(unlink(path_join(a, folder, names[i])), 0);
        ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_CORRUPT);
        put(names[i], "!! no base64");
        ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_CORRUPT);
        ck_assert(!text_contains(e.text, "!!"));
    }
    static const char *const bad[] = { "", "[]", "{}", "{\"node_id\":\"\",\"mesh_ip\":\"1\"}",
                                       "{\"node_id\":\"n\"}" };
    ck_assert(identity_save(a, folder, &id, &e));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        put("identity.json", bad[i]);
        ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_CORRUPT);
    }
    ck_assert_int_eq(unlink(path_join(a, folder, "identity.json")), 0);
    ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_NONE);
    finish();
}
END_TEST

START_TEST(the_files_of_the_other_agent_are_read)
{
    begin();
    ck_assert(directory_make(folder, 0700, &e));
    put("identity.json", "{\n  \"node_id\": \"n\",\n  \"mesh_ip\": \"10.1.1.1\",\n"
                         "  \"signing_public_key\": \"" KEY_B64 "\"\n}");
    put("private_key", KEY_B64 "\n");
    put("node_secret_key", "0123456789abcdef0123456789abcdef\n");
    put("signing_public_key", KEY_B64);
    struct identity got;
    ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_FOUND);
    ck_assert_str_eq(got.dialect, "");
    ck_assert_int_eq(memcmp(got.nsk_key, "0123456789abcdef0123456789abcdef", 32), 0);
    finish();
}
END_TEST

START_TEST(a_rotated_signing_key_is_kept)
{
    begin();
    struct identity id = sample(), got;
    ck_assert(identity_save(a, folder, &id, &e));
    memset(id.signing_public_key, 9, 32);
    id.signing_key_id = "k2";
    ck_assert(identity_save_signing_key(a, folder, &id, &e));
    ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_FOUND);
    ck_assert_str_eq(got.signing_key_id, "k2");
    ck_assert_int_eq(memcmp(got.signing_public_key, id.signing_public_key, 32), 0);
    finish();
}
END_TEST

START_TEST(a_new_key_is_clamped_and_has_its_public_half)
{
    unsigned char one[32], two[32], public_key[32];
    identity_new_key(one);
    identity_new_key(two);
    ck_assert_int_ne(memcmp(one, two, 32), 0);
    ck_assert_int_eq(one[0] & 7, 0);
    ck_assert_int_eq(one[31] & 0xC0, 0x40);
    identity_public_key(one, public_key);
    EVP_PKEY *other = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, one, 32);
    size_t len = 32;
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(other, two, &len), 1);
    ck_assert_int_eq(memcmp(two, public_key, 32), 0); /* another library says so, too */
    EVP_PKEY_free(other);
}
END_TEST

START_TEST(wiping_leaves_nothing)
{
    begin();
    struct identity id = sample(), got;
    ck_assert(identity_save(a, folder, &id, &e));
    ck_assert_int_eq(identity_load(a, folder, &got, &e), IDENTITY_FOUND);
    const char *nsk = got.nsk;
    identity_wipe(&got);
    ck_assert_str_eq(nsk, "");
    ck_assert_ptr_null(got.nsk);
    finish();
}
END_TEST

TESTS("plexd/identity", what_is_saved_is_loaded, files_are_for_their_owner_alone,
      what_is_broken_is_corrupt_and_what_is_not_there_is_none,
      the_files_of_the_other_agent_are_read, a_rotated_signing_key_is_kept,
      a_new_key_is_clamped_and_has_its_public_half, wiping_leaves_nothing)
