package table

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"lianheti/templates"
)

// legible is base32 without the letters that are taken for figures when a code is read out or typed off paper.
var legible = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// CheckCode ties a printed form to the values it was printed from: four groups of four characters over every clean value that the
// official form prints, the roster included. The same code means the same values. Personal data (names, phones, posts) is
// left out, and what is hidden of it in texts is hidden here, so that nobody can try out which person makes the code; what the
// printed form does not show is left out, too.
func CheckCode(d *templates.Definition, figures []Figure, metrics []Metric, texts []Text, members []Member) string {
	f := &Form{Figures: figures, Metrics: metrics, Texts: texts, Members: members, def: d}
	f.index()
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%d\x01", f.def.Form.ID, f.def.Year)
	for _, r := range f.def.Paper.Values() {
		if f.def.Field(r.Field).Personal {
			continue
		}
		o := f.Observe(r)
		value := o.Value
		if o.Status == Invalid {
			value = strings.TrimSpace(o.Raw)
		}
		fmt.Fprintf(h, "%s\x00%d\x00%s\x00%s\x01", r.Field, r.Year, o.Status, value)
	}
	for _, k := range f.def.Form.Kinds {
		for _, m := range f.Members {
			if m.Kind == k.ID {
				fmt.Fprintf(h, "%s\x00%s\x00%s\x01", m.Kind, m.Name, Plain(m.Enrolment))
			}
		}
	}
	const bits80 = 10
	code := legible.EncodeToString(h.Sum(nil)[:bits80])
	return strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:]}, "-")
}

// PaperAnswer is what the official form prints for a field in a year: 不适用 in words, what can't be read as it was typed, a
// date in full, nothing where nothing was filled in. Personal data is not here.
func (f *Form) PaperAnswer(r templates.Ref) string {
	o := f.Observe(r)
	switch {
	case o.Status == NotApplicable:
		return f.def.Form.NotApplicable
	case o.Status == Invalid:
		return strings.TrimSpace(o.Raw)
	case o.Status == Normal && f.def.Field(r.Field).Type == templates.DateField:
		return ChineseDate(o.Value)
	}
	return o.Value
}

// ChineseDate writes an ISO date, or a month, as official papers do: 2024年7月28日.
func ChineseDate(iso string) string {
	var year, month, day int
	switch n, _ := fmt.Sscanf(iso, "%d-%d-%d", &year, &month, &day); n {
	case 3:
		return fmt.Sprintf("%d年%d月%d日", year, month, day)
	case 2:
		return fmt.Sprintf("%d年%d月", year, month)
	}
	return iso
}
