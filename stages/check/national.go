package check

import "lianheti/templates"

// national notes a consortium that the directory marks as national already: it is listed and never ranked.
func national(f *form, _ *plan, t *tally) {
	consortium := templates.Ref{Field: "consortium"}
	switch {
	case f.Submission.Consortium == "":
		t.lack(consortium)
	case f.Submission.National:
		entry, _, _ := f.batch.def.Directory.ByConsortium(f.Submission.Consortium)
		t.fail(fault{refs: []templates.Ref{consortium}, vars: map[string]string{"detail": entry.National}})
	default:
		t.pass()
	}
}
