#include "reference/plexsphere/tenancy/cidr.h"

#include "common/testing.h"

static struct cidr range(const char *text)
{
    struct cidr c;
    ck_assert_msg(cidr_parse(text, &c), "%s should parse", text);
    return c;
}

static void refused(const char *text)
{
    struct cidr c;
    ck_assert_msg(!cidr_parse(text, &c), "%s should be refused", text);
}

static void written_as(const char *text, const char *canonical)
{
    char out[CIDR_TEXT_CAP];
    struct cidr c = range(text);
    cidr_format(&c, out);
    ck_assert_str_eq(out, canonical);
}

START_TEST(refuses_what_is_no_ipv4_range)
{
    static const char *const bad[] = {
        "",
        "/",
        "10.42.0.0",
        "10.42.0.0/",
        "/16",
        "10.42.0/16",
        "10.42.0.0.0/16",
        "10.42.0.0/33",
        "10.42.0.0/-1",
        "10.42.0.0/016",
        "10.42.0.0/+8",
        "10.42.0.0/1 6",
        " 10.42.0.0/16",
        "10.42.0.0/16 ",
        "999.1.1.1/8",
        "256.0.0.0/8",
        "010.0.0.0/8",
        "10..0.0/8",
        "10.0.0./8",
        ".10.0.0/8",
        "0x0a.0.0.0/8",
        "10.42.0.0/16/16",
        "10.42.0.0/99999999999",
        "a.b.c.d/8",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refused(bad[i]);
}
END_TEST

START_TEST(refuses_what_is_no_ipv6_range)
{
    static const char *const bad[] = {
        ":/0",
        ":::/0",
        "1::2::3/128",
        "fd00:/16",
        ":fd00::/16",
        "fd00::/129",
        "fd00/16",
        "12345::/16",
        "g::/16",
        "1:2:3:4:5:6:7/128",
        "1:2:3:4:5:6:7:8:9/128",
        "1:2:3:4:5:6:7:8::/128",
        "::1:2:3:4:5:6:7:8/128",
        "::ffff:10.0.0.0/104",
        "fd00::%eth0/64",
        "[fd00::]/16",
        "fd00::/",
        "fd00::",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refused(bad[i]);
}
END_TEST

START_TEST(refuses_host_bits)
{
    refused("10.42.0.1/16");
    refused("10.42.0.0/14"); /* 42 is 0b101010: bit 15 is a host bit there */
    refused("10.0.0.1/31");
    refused("128.0.0.0/0");
    refused("fd00::1/64");
    refused("fd00:0:0:1::/63");
    range("10.40.0.0/14");
    range("10.0.0.2/31");
    range("fd00:0:0:2::/63");
}
END_TEST

START_TEST(reads_the_whole_span_of_lengths)
{
    ck_assert_uint_eq(range("0.0.0.0/0").prefix, 0);
    ck_assert_uint_eq(range("255.255.255.255/32").prefix, 32);
    ck_assert_uint_eq(range("::/0").prefix, 0);
    ck_assert_uint_eq(range("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128").prefix, 128);
}
END_TEST

/* The texts of RFC 5952 sections 1 and 4, and of RFC 4291 section 2.3 (which writes one prefix four
 * ways). */
START_TEST(writes_one_canonical_form)
{
    written_as("10.42.0.0/16", "10.42.0.0/16");
    written_as("2001:DB8:0:0:1:0:0:1/128", "2001:db8::1:0:0:1/128");
    written_as("2001:db8:0:1:1:1:1:1/128", "2001:db8:0:1:1:1:1:1/128");
    written_as("2001:0db8::0001/128", "2001:db8::1/128");
    written_as("2001:0:0:1:0:0:0:1/128", "2001:0:0:1::1/128");
    written_as("2001:0DB8:0000:CD30:0000:0000:0000:0000/60", "2001:db8:0:cd30::/60");
    written_as("2001:0DB8::CD30:0:0:0:0/60", "2001:db8:0:cd30::/60");
    written_as("2001:0DB8:0:CD30::/60", "2001:db8:0:cd30::/60");
    written_as("::/0", "::/0");
    written_as("::1/128", "::1/128");
    written_as("0:0:0:0:0:0:102:300/120", "::102:300/120"); /* never with a dotted tail */
    written_as("1::/16", "1::/16");
}
END_TEST

/* RFC 4632 section 3.1 and 5.1: 10.23.64.0/20 holds 10.23.64.0 to 10.23.79.255; 192.24.0.0/13 was
 * given out in blocks such as 192.24.0.0/21, 192.24.16.0/20 and 192.24.8.0/22. */
START_TEST(knows_what_lies_in_what)
{
    struct cidr block = range("10.23.64.0/20"), isp = range("192.24.0.0/13");
    struct ip first, last, after, before;
    ck_assert(ip_parse("10.23.64.0", &first) && ip_parse("10.23.79.255", &last));
    ck_assert(ip_parse("10.23.80.0", &after) && ip_parse("10.23.63.255", &before));
    ck_assert(cidr_has_address(&block, &first) && cidr_has_address(&block, &last));
    ck_assert(!cidr_has_address(&block, &after) && !cidr_has_address(&block, &before));
    struct cidr c1 = range("192.24.0.0/21"), c2 = range("192.24.16.0/20"),
                c4 = range("192.24.8.0/22");
    struct cidr mixed = range("192.32.0.0/21");
    ck_assert(cidr_contains(&isp, &c1) && cidr_contains(&isp, &c2) && cidr_contains(&isp, &c4));
    ck_assert(!cidr_contains(&isp, &mixed));
    ck_assert(!cidr_contains(&c1, &isp));
    ck_assert(!cidr_overlaps(&c1, &c2) && !cidr_overlaps(&c1, &c4) && !cidr_overlaps(&c2, &c4));
}
END_TEST

START_TEST(overlap_is_containment_either_way)
{
    struct cidr wide = range("10.42.0.0/16"), half = range("10.42.128.0/17");
    struct cidr next = range("10.43.0.0/16"), six = range("::/0"), four = range("0.0.0.0/0");
    ck_assert(cidr_overlaps(&wide, &half) && cidr_overlaps(&half, &wide));
    ck_assert(cidr_overlaps(&wide, &wide) && cidr_equal(&wide, &wide));
    ck_assert(!cidr_overlaps(&wide, &next) && !cidr_equal(&wide, &half));
    ck_assert(cidr_contains(&four, &wide));
    ck_assert_msg(!cidr_overlaps(&six, &four), "families never meet");
}
END_TEST

static void nth_is(const char *block, uint64_t n, const char *expected)
{
    char out[IP_TEXT_CAP];
    struct ip address;
    struct cidr c = range(block);
    ck_assert(cidr_address(&c, n, &address));
    ip_format(&address, out);
    ck_assert_str_eq(out, expected);
}

START_TEST(counts_addresses)
{
    struct ip address;
    struct cidr four = range("10.42.0.0/30"), one = range("10.0.0.7/32"), six = range("fd00::/120");
    ck_assert(!cidr_address(&four, 4, &address));
    ck_assert(!cidr_address(&one, 1, &address));
    ck_assert(!cidr_address(&six, 256, &address));
    nth_is("10.42.0.0/30", 3, "10.42.0.3");
    nth_is("10.42.0.0/16", 256, "10.42.1.0");
    nth_is("10.42.0.0/16", 65535, "10.42.255.255");
    nth_is("10.0.0.7/32", 0, "10.0.0.7");
    nth_is("0.0.0.0/0", UINT32_MAX, "255.255.255.255");
    nth_is("fd00::/64", UINT64_MAX, "fd00::ffff:ffff:ffff:ffff");
    nth_is("fd00::/48", 0x10001, "fd00::1:1");
}
END_TEST

START_TEST(reads_single_addresses)
{
    struct ip address;
    char out[IP_TEXT_CAP];
    ck_assert(!ip_parse("10.0.0.1/32", &address));
    ck_assert(!ip_parse("10.0.0", &address));
    ck_assert(!ip_parse("", &address));
    ck_assert(ip_parse("FD00:0:0::A", &address));
    ip_format(&address, out);
    ck_assert_str_eq(out, "fd00::a");
}
END_TEST

TESTS("tenancy/cidr", refuses_what_is_no_ipv4_range, refuses_what_is_no_ipv6_range,
      refuses_host_bits, reads_the_whole_span_of_lengths, writes_one_canonical_form,
      knows_what_lies_in_what, overlap_is_containment_either_way, counts_addresses,
      reads_single_addresses)
