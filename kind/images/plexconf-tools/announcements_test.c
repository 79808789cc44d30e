#include <fcntl.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"
#include "kind/images/plexconf-tools/tools.h"

START_TEST(nothing_announces_under_a_wrong_name)
{
    ck_assert_ptr_null(announcement_sentence("Postgres"));
    ck_assert_ptr_null(announcement_sentence("postgre"));
    ck_assert_ptr_null(announcement_sentence(""));
    ck_assert_ptr_nonnull(announcement_sentence("postgres"));
}
END_TEST

START_TEST(twelve_dependencies_and_the_job_have_names_of_their_own)
{
    const char *const *names = announcement_names();
    size_t n = 0;
    for (; names[n] != NULL; n++)
        for (size_t i = 0; i < n; i++)
            ck_assert_str_ne(names[i], names[n]);
    ck_assert_uint_eq(n, 13);
}
END_TEST

/* Ruling 17: plexsphere says its first sentence, others all they have. */
START_TEST(a_paragraph_is_cut_for_plexsphere_alone)
{
    const char *plexsphere = announcement_sentence("plexsphere");
    ck_assert(text_ends(plexsphere, "Ed25519 fixtures."));
    ck_assert(text_contains(plexsphere, "dec0de\xe2\x80\xa6"));
    ck_assert(text_ends(announcement_sentence("nats"), "matches the cluster size."));
}
END_TEST

START_TEST(the_line_is_the_contracts)
{
    char path[] = "/tmp/announcementXXXXXX";
    struct arena *a = arena_create();
    struct bytes text;
    struct error e = { "" };
    int fd = mkstemp(path);
    log_set_fd(fd);
    log_insecure_default("seaweedfs", announcement_sentence("seaweedfs"));
    ck_assert_msg(file_read(a, path, 4096, &text, &e), "%s", e.text);
    ck_assert_str_eq((const char *)text.data,
                     "level=WARN msg=\"insecure default active in dev mode\" env=dev "
                     "dependency=seaweedfs prod_delta=\"master, volume, filer, and S3 roles run "
                     "inside one process with emptyDir storage and no IAM-style credentials; "
                     "production splits the roles, uses durable PVCs/object storage, scoped "
                     "credentials, and TLS termination.\"\n");
    close(fd);
    unlink(path);
    arena_destroy(a);
}
END_TEST

TESTS("kind/announcements", nothing_announces_under_a_wrong_name,
      twelve_dependencies_and_the_job_have_names_of_their_own,
      a_paragraph_is_cut_for_plexsphere_alone, the_line_is_the_contracts)
