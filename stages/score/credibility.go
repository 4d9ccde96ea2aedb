package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// fewest is how many peers a comparison needs.
const fewest = 3

// course is the years over which an indicator is followed.
type course struct {
	field              *templates.Field
	prior, last, final templates.Year // the last two actual years, and the last committed one
}

// courses are the metrics that have two actual years and a committed one.
func (m *scheme) courses() []course {
	var out []course
	for _, f := range m.def.Form.Metrics() {
		years := map[templates.YearKind][]templates.Year{}
		for _, id := range f.Years {
			y := m.def.Form.Year(id)
			years[y.Kind] = append(years[y.Kind], y)
		}
		actual, committed := years[templates.Actual], years[templates.Committed]
		if n := len(actual); n >= 2 && len(committed) > 0 {
			out = append(out, course{f, actual[n-2], actual[n-1], committed[len(committed)-1]})
		}
	}
	return out
}

// credibility compares each promise with what was achieved and with the peers: a flag to verify, without points.
func (m *scheme) credibility(entrants []*entrant) (rows []table.Growth) {
	courses := m.courses()
	achieved, promised := make([][]float64, len(courses)), make([][]float64, len(courses)) // by the ranked, each ascending
	for k := range courses {
		for _, e := range entrants {
			if x := e.followed[k]; e.Ranked && x.Achieved.Valid {
				achieved[k] = append(achieved[k], x.Achieved.V)
			}
			if x := e.followed[k]; e.Ranked && x.Promised.Valid {
				promised[k] = append(promised[k], x.Promised.V)
			}
		}
		slices.Sort(achieved[k])
		slices.Sort(promised[k])
	}
	const median = 0.5
	upper := m.def.Rubric.Credibility.Upper.InexactFloat64()
	for _, e := range entrants {
		for k, row := range e.followed {
			row.PeersAchieved = quantileOf(achieved[k], row.Achieved, e.Ranked, median)
			row.PeersPromised = quantileOf(promised[k], row.Promised, e.Ranked, median)
			row.PeersUpper = quantileOf(promised[k], row.Promised, e.Ranked, upper)
			if row.Flag == "" {
				row.Flag, row.Note = m.flag(row, courses[k].final)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// follow reads one indicator over its years. It has no flag yet where it can be compared.
func (c course) follow(f *table.Form, base decimal.Decimal) table.Growth {
	var cells, lacks []string
	at := func(y templates.Year) table.Opt[float64] {
		ref := templates.Ref{Field: c.field.ID, Year: y.Year}
		if place := f.Observe(ref).Place; place.Sheet != "" {
			cells = append(cells, place.String())
		}
		v, ok := f.Number(ref.Field, ref.Year)
		if !ok {
			lacks = append(lacks, y.Label)
		}
		return table.Known(v.InexactFloat64(), ok)
	}
	prior := at(c.prior)
	lacks = nil // of the years that a promise rests on
	last, final := at(c.last), at(c.final)
	least := base.InexactFloat64()
	row := table.Growth{Submission: f.Submission.Submission, Indicator: c.field.ID, Measure: c.measure(),
		Cells: strings.Join(cells, "; "), Achieved: c.growth(prior, last, c.last.Year-c.prior.Year, least),
		Promised: c.growth(last, final, c.final.Year-c.last.Year, least)}
	switch {
	case lacks != nil:
		row.Flag, row.Note = table.UnknownGrowth, strings.Join(lacks, "、")+"没有数据"
	case !row.Promised.Valid, prior.Valid && !row.Achieved.Valid:
		row.Flag, row.Note = table.NoFlag, fmt.Sprintf("基数不到%s，不算增长率", base)
	case !row.Achieved.Valid:
		row.Flag, row.Note = table.UnknownGrowth, c.prior.Label+"没有数据，已实现的增长无从计算"
	}
	return row
}

// growth is what a year brings from one value to another; no rate from less than the base, where one more is a lot.
func (c course) growth(from, to table.Opt[float64], years int, base float64) table.Opt[float64] {
	switch {
	case !from.Valid || !to.Valid:
		return table.Opt[float64]{}
	case c.measure() == "points":
		return table.Some((to.V - from.V) / float64(years))
	case from.V < base || to.V < 0:
		return table.Opt[float64]{}
	}
	return table.Some((math.Pow(to.V/from.V, 1/float64(years)) - 1) * 100)
}

func (c course) measure() string {
	if c.field.Type == templates.PercentField {
		return "points"
	}
	return "percent"
}

// quantileOf is the nearest-rank quantile of the ascending values without one's own; none of too few peers.
func quantileOf(ascending []float64, own table.Opt[float64], among bool, q float64) table.Opt[float64] {
	n, skip := len(ascending), len(ascending)
	if among && own.Valid {
		n--
		skip, _ = slices.BinarySearch(ascending, own.V)
	}
	if n < fewest {
		return table.Opt[float64]{}
	}
	i := max(1, int(math.Ceil(round10(q*float64(n))))) - 1
	if i >= skip {
		i++
	}
	return table.Some(ascending[i])
}

func (m *scheme) flag(x table.Growth, final templates.Year) (flag, note string) {
	unit, margin := "％", m.def.Rubric.Credibility.Margin.InexactFloat64()
	if x.Measure == "points" {
		unit = "个百分点"
	}
	switch {
	case !x.PeersUpper.Valid:
		return table.UnknownGrowth, "可比的申报不足"
	case x.Promised.V > x.Achieved.V+margin && x.Promised.V > x.PeersUpper.V:
		return table.Verify, fmt.Sprintf("承诺到%s年均增长%s%s，已实现的是%s%s，同批承诺的上分位是%s%s，请核实依据",
			final.Label, short(x.Promised.V), unit, short(x.Achieved.V), unit, short(x.PeersUpper.V), unit)
	}
	return table.NoFlag, ""
}

func short(v float64) string { return plain(math.Round(v*10) / 10) }
