#  include  "identity/identity.h" // why not
