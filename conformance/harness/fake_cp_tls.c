/* harness/fake_cp_tls.c — a throw-away authority, made for one case. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "harness/fake_cp_parts.h"

#define ONE_DAY (24L * 60 * 60)

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool ok = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

/* `issuer` NULL: it signs itself. */
static X509 *certificate(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *cert = X509_new();
    X509_NAME *subject = cert == NULL ? NULL : X509_get_subject_name(cert);
    bool is_ca = issuer == NULL;
    bool ok = subject != NULL && X509_set_version(cert, 2) == 1 &&
              ASN1_INTEGER_set(X509_get_serialNumber(cert), is_ca ? 1 : 2) == 1 &&
              X509_gmtime_adj(X509_getm_notBefore(cert), -ONE_DAY) != NULL &&
              X509_gmtime_adj(X509_getm_notAfter(cert), 2 * ONE_DAY) != NULL &&
              X509_set_pubkey(cert, key) == 1 &&
              X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                                         -1, -1, 0) == 1 &&
              X509_set_issuer_name(cert, is_ca ? subject : X509_get_subject_name(issuer)) == 1;
    ok = ok && (is_ca ? add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE")
                      : add_extension(cert, issuer, NID_subject_alt_name, "IP:127.0.0.1"));
    ok = ok && X509_sign(cert, is_ca ? key : issuer_key, EVP_sha256()) > 0;
    if (!ok) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

static const char *pem_of(struct arena *a, X509 *cert)
{
    char *data = NULL;
    BIO *memory = BIO_new(BIO_s_mem());
    const char *text = NULL;
    if (memory != NULL && PEM_write_bio_X509(memory, cert) == 1) {
        long len = BIO_get_mem_data(memory, &data);
        text = arena_strndup(a, data, (size_t)len);
    }
    BIO_free(memory);
    return text;
}

static SSL_CTX *context_of(X509 *cert, EVP_PKEY *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
        SSL_CTX_use_certificate(context, cert) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

SSL_CTX *cp_tls_context(struct arena *a, const char **ca_pem)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = ca_key == NULL ? NULL : certificate(ca_key, "plexconf case", NULL, NULL);
    X509 *cert = ca == NULL || key == NULL ? NULL : certificate(key, "127.0.0.1", ca, ca_key);
    SSL_CTX *context = cert == NULL ? NULL : context_of(cert, key);
    *ca_pem = ca == NULL ? NULL : pem_of(a, ca);
    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return context;
}
