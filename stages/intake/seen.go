package intake

import (
	"slices"
	"strconv"

	"lianheti/stages/model"
	"lianheti/templates"
)

// mergedSlots marks single inputs of a sheet that somebody merged into one: whose the value is, nobody can say.
func (b *binder) mergedSlots(layout *templates.SheetLayout) {
	sheet := b.sheets[layout]
	if sheet == nil || len(sheet.merges) == 0 {
		return
	}
	of := map[*merged][]int{}
	var order []*merged
	for i, e := range b.out.Entries {
		if e.Record != 0 || e.Place.Sheet != sheet.Title || e.Row == 0 {
			continue
		}
		if m := sheet.mergedAt(e.Row, e.Col); m != nil {
			if of[m] == nil {
				order = append(order, m)
			}
			of[m] = append(of[m], i)
		}
	}
	for _, m := range order {
		if first := b.out.Entries[of[m][0]]; len(of[m]) == 1 && first.Row == m.row && first.Col == m.col {
			continue // the template's own
		}
		shown := sheet.At(m.row, m.col).Shown
		n := model.Finding{Code: CodeMerged, Raw: shown,
			Vars: map[string]string{"cell": m.ref, "sheet": sheet.Title, "value": shown}}
		for _, i := range of[m] {
			e := &b.out.Entries[i]
			e.Merged = m.ref
			n.Places, n.Fields = append(n.Places, e.Place), append(n.Fields, e.Field)
		}
		b.out.Notes = append(b.out.Notes, n)
	}
}

// reportHidden says of each sheet which filled inputs are hidden: they are read like all others.
func (b *binder) reportHidden() {
	at := map[string]int{}
	for _, e := range b.out.Entries {
		if !e.Filled || !e.Hidden || b.d.Field(e.Field).Locked {
			continue
		}
		i, told := at[e.Place.Sheet]
		if !told {
			i = len(b.out.Notes)
			at[e.Place.Sheet] = i
			b.note(CodeHidden, e.Place, "")
			b.out.Notes[i].Places = nil
		}
		n := &b.out.Notes[i]
		if n.Places = append(n.Places, e.Place); !slices.Contains(n.Fields, e.Field) {
			n.Fields = append(n.Fields, e.Field)
		}
		n.Vars["count"], n.Vars["detail"] = strconv.Itoa(len(n.Places)), model.Ranges(n.Places)
	}
}
