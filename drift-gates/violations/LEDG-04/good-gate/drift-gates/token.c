static const struct gate_rule rules[] = {
    { .id = "TOK-01",
      .source = "REG-002; ruling 10" },
};
