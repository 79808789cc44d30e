int text(void);
