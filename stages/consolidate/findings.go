package consolidate

import (
	"lianheti/stages/model"
	"lianheti/stages/table"
)

// fingerprint is what a person copies to decide about a finding: it, for the values that it has now.
func fingerprint(x table.Finding) string { return model.ExplanationKey(x.Fingerprint, x.ValueHash) }

// Where a finding stands.
const (
	toMend    = "待修改"
	toExplain = "未说明"
	explained = "已说明"
)

// answered says whether anybody still has to act on a finding.
func (w *workbook) answered(x table.Finding) string {
	switch {
	case x.Severity == model.MustFix:
		return toMend
	case x.Severity != model.Explain:
		return ""
	case x.Explanation == "":
		return toExplain
	}
	return explained
}
