package api

func refuse(w Writer) {
	problem(w, 403, "token_consumed") // not 403, "token_used"
}
