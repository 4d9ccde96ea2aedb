package consolidate

import (
	"fmt"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// said is the part of how the ranking was made that begins with some words; empty where nothing is said of that.
func (w *workbook) said(begins string) string {
	for part := range strings.SplitSeq(w.method(), "；") {
		if strings.HasPrefix(part, begins) {
			return part
		}
	}
	return ""
}

// alike names the counted evidence of each point that is the same for the whole reference set.
func (w *workbook) alike() map[string][]string {
	first, differs := map[string]table.Opt[float64]{}, map[string]bool{}
	for s := range w.Ranking.Scales.All() {
		if s.Base != table.AsCounted {
			continue
		}
		if v, seen := first[s.Evidence]; seen && v != s.Raw {
			differs[s.Evidence] = true
		} else if !seen {
			first[s.Evidence] = s.Raw
		}
	}
	out := map[string][]string{}
	for _, p := range w.Definition.Rubric.Points() {
		for _, e := range p.Evidence {
			if _, laid := first[e.ID]; laid && e.Counts() && !differs[e.ID] {
				out[p.ID] = append(out[p.ID], flatWords(e, first[e.ID]))
			}
		}
	}
	return out
}

func flatWords(e *templates.Evidence, v table.Opt[float64]) string {
	if !v.Valid {
		return e.Label + "（都没有数）"
	}
	return fmt.Sprintf("%s（都是%s%s）", e.Label, table.Plain(v), e.Unit)
}
