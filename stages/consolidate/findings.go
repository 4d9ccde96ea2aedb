package consolidate

import (
	"lianheti/stages/model"
	"lianheti/stages/table"
)

// fingerprint is what a person copies to decide about a finding: it, for the values that it has now.
func fingerprint(x table.Finding) string { return model.ExplanationKey(x.Fingerprint, x.ValueHash) }
