package main

import (
	"fmt"
	"strings"

	"lianheti/pipeline"
)

// readings lists how every number and date was read, sheet by sheet.
func (t *teller) readings(r *pipeline.Checked) {
	for _, f := range r.Files {
		if f.Submission == nil {
			continue
		}
		t.line("")
		t.wrapped("", fmt.Sprintf("【读数一览】%s　共 %d 个数和日期；没有写读法的照原样。",
			orElse(f.Submission.Consortium, f.Path), len(f.Submission.Readings)))
		sheet := ""
		for _, x := range f.Submission.Readings {
			if x.Sheet != sheet {
				sheet = x.Sheet
				t.line(" %s", sheet)
			}
			value := x.Shown()
			if x.Value != "" {
				value += x.Unit
			}
			how := ""
			if len(x.Rules) > 0 {
				how = "（" + strings.Join(x.Rules, "、") + "）"
			}
			t.wrapped("   ", fmt.Sprintf("%s %s：%s → %s%s", x.Cell, x.Name, x.Raw, value, how))
		}
	}
}
