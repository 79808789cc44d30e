CASE("REG-101", .clauses = { "REG-001" }, .title = "one node")
{
}
/* CASE("REG-101", .clauses = { "REG-003" }) */
