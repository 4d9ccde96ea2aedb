package consolidate

import (
	"cmp"
	"slices"
	"strconv"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// kept is what became of the promises of one prefecture's consortia; figures of different units are counted, money is added up.
type kept struct {
	CityCode string             `col:"city_code"`
	City     string             `col:"city"`
	Forms    int                `col:"forms"`
	Measured int                `col:"measured"`
	Met      int                `col:"met"`
	Near     int                `col:"near"`
	Short    int                `col:"short"`
	Reasoned int                `col:"reasoned"`
	Restated int                `col:"restated"`
	Promised float64            `col:"promised"` // 万元, of what is measured
	Paid     float64            `col:"paid"`
	Rate     table.Opt[float64] `col:"rate"`
}

// keptByCity counts the figures of the progress forms by prefecture, in the order of their codes, and then all together.
func (w *workbook) keptByCity() ([]kept, words) {
	total := kept{City: totalCity}
	of, forms := map[string]*kept{}, map[string]bool{}
	for r := range w.Fulfilment.All() {
		if of[r.City] == nil {
			of[r.City] = &kept{CityCode: r.CityCode, City: r.City}
		}
		for _, k := range []*kept{of[r.City], &total} {
			k.count(w.Definition, r, !forms[r.Submission])
		}
		forms[r.Submission] = true
	}
	var out []kept
	for _, k := range of {
		out = append(out, *k)
	}
	slices.SortFunc(out, func(a, b kept) int { return cmp.Or(cmp.Compare(a.CityCode, b.CityCode), cmp.Compare(a.City, b.City)) })
	if len(out) > 0 {
		out = append(out, total)
	}
	for i := range out {
		if out[i].Promised > 0 {
			const hundred = 100
			out[i].Rate = table.Some(hundred * out[i].Paid / out[i].Promised)
		}
	}
	return out, nil
}

// totalCity stands for all prefectures together.
const totalCity = "合计"

func (k *kept) count(d *templates.Definition, r table.Fulfilled, first bool) {
	k.Forms += one(first)
	k.Measured += one(r.Measured)
	k.Met += one(r.Status == table.StatusMet)
	k.Near += one(r.Status == table.StatusNear)
	k.Short += one(r.Status == table.StatusShort || r.Status == table.StatusExplained)
	k.Reasoned += one(r.Status == table.StatusExplained)
	k.Restated += one(r.Status == table.StatusRestated)
	if f := d.Field(r.Indicator); r.Measured && f != nil && len(f.RequiredYears) > 1 && slices.Contains(f.Topics, templates.Funding) { // the total, not its sources
		k.Promised += r.Promised.V
		k.Paid += r.Reported.V
	}
}

// task is a row of a list of a progress form, with what its columns say.
type task struct {
	table.ProjectCell
	columns map[string]book.Cell
}

// tasks gathers the cells of the progress forms' lists row by row.
func (w *workbook) tasks() (out []task, said words) {
	at := map[[2]string]int{}
	for c := range w.Projects.All() {
		key := [2]string{c.Submission, c.List + strconv.Itoa(int(c.Record))}
		i, begun := at[key]
		if !begun {
			i, at[key] = len(out), len(out)
			out = append(out, task{c, map[string]book.Cell{}})
		}
		out[i].columns[c.Field] = book.Cell{Value: c.Text, Look: book.Plain}
		if c.Number.Valid {
			out[i].columns[c.Field] = number(c.Number.V)
		}
	}
	return out, nil
}

// taskColumns are the columns of the lists that go on from year to year.
func (w *workbook) taskColumns(*plan) (out []planned) {
	if w.Definition.Progress == nil {
		return nil
	}
	form := w.Definition.Progress.Form
	for _, f := range form.Fields() {
		if slices.Contains(form.Promises.Carried, f.Record) {
			out = append(out, planned{key: f.ID, head: f.Label, cell: of(func(_ *workbook, x task) book.Cell { return x.columns[f.ID] })})
		}
	}
	return out
}
