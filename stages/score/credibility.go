package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// How growth is measured.
const (
	ByPercent = "percent" // compound rate, % a year
	ByPoints  = "points"  // percentage points a year, of figures that are percentages
)

// What is said of a promise.
const (
	Verify  = "verify"
	NoFlag  = "none"
	Unknown = "unknown" // can't be compared
)

// fewest is how many peers a comparison needs.
const fewest = 3

// span of years over which an indicator is followed.
type course struct {
	field              *templates.Field
	prior, last, final templates.Year // the last two actual years, and the last committed one
}

// courses are the metrics that have two actual years and a committed one.
func (m *scheme) courses() []course {
	var out []course
	for _, f := range m.def.Form.Metrics() {
		var actual, committed []templates.Year
		for _, id := range f.Years {
			y, _ := m.def.Form.Year(id)
			if y.Kind == templates.Actual {
				actual = append(actual, y)
			} else {
				committed = append(committed, y)
			}
		}
		if n := len(actual); n >= 2 && len(committed) > 0 {
			out = append(out, course{f, actual[n-2], actual[n-1], committed[len(committed)-1]})
		}
	}
	return out
}

// followed is one indicator of one entrant.
type followed struct {
	prior, last, final table.Opt[float64]
	achieved, promised table.Opt[float64]
	cells              string
}

// credibility compares what each submission promises with what it achieved and with what its peers promise: a flag to verify, which costs
// no points. Growth from less than the declared base is no rate, and nothing is said of it.
func (m *scheme) credibility(entrants []*entrant) table.Table[table.Growth] {
	courses := m.courses()
	peers := make([]peers, len(courses))
	for k := range courses {
		for _, e := range entrants {
			if e.ranked {
				peers[k].add(e.followed[k])
			}
		}
		peers[k].sort()
	}
	rows := table.NewBuilder[table.Growth]()
	for _, e := range entrants {
		for k, c := range courses {
			row := m.compare(c, e.followed[k], peers[k], e.ranked)
			row.Batch, row.Submission = e.submission.Batch, e.submission.Submission
			rows.Append(row)
		}
	}
	return rows.Finish()
}

// follow reads one indicator over its years.
func (c course) follow(f *table.Form, base float64) followed {
	var out followed
	var cells []string
	at := func(y templates.Year) table.Opt[float64] {
		ref := templates.Ref{Field: c.field.ID, Year: y.Year}
		if place := f.Observe(ref).Place; place.Sheet != "" {
			cells = append(cells, place.String())
		}
		if v, ok := f.Number(ref.Field, ref.Year); ok {
			return table.Some(v.InexactFloat64())
		}
		return table.Opt[float64]{}
	}
	out.prior, out.last, out.final = at(c.prior), at(c.last), at(c.final)
	out.achieved = c.growth(out.prior, out.last, c.last.Year-c.prior.Year, base)
	out.promised = c.growth(out.last, out.final, c.final.Year-c.last.Year, base)
	out.cells = strings.Join(cells, "; ")
	return out
}

// growth is what a year brings, from one value to another; none in per cent from less than the base, where one more is a lot.
func (c course) growth(from, to table.Opt[float64], years int, base float64) table.Opt[float64] {
	switch {
	case !from.Valid || !to.Valid:
		return table.Opt[float64]{}
	case c.measure() == ByPoints:
		return table.Some((to.V - from.V) / float64(years))
	case from.V < base || to.V < 0:
		return table.Opt[float64]{}
	}
	return table.Some((math.Pow(to.V/from.V, 1/float64(years)) - 1) * 100)
}

func (c course) measure() string {
	if c.field.Type == templates.PercentField {
		return ByPoints
	}
	return ByPercent
}

// peers are what the ranked submissions achieved and promise, each ascending.
type peers struct{ achieved, promised []float64 }

func (p *peers) add(x followed) {
	for _, v := range []struct {
		to   *[]float64
		from table.Opt[float64]
	}{{&p.achieved, x.achieved}, {&p.promised, x.promised}} {
		if v.from.Valid {
			*v.to = append(*v.to, v.from.V)
		}
	}
}

func (p *peers) sort() {
	slices.Sort(p.achieved)
	slices.Sort(p.promised)
}

// quantileOf is the nearest-rank quantile of the ascending values, one's own left out where one is among them; none of too few peers.
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

// compare says whether one promise should be verified. among says that x is one of the peers.
func (m *scheme) compare(c course, x followed, p peers, among bool) table.Growth {
	rule := m.def.Rubric.Credibility
	const median = 0.5
	row := table.Growth{Indicator: c.field.ID, Measure: c.measure(), Achieved: x.achieved, Promised: x.promised,
		PeersAchieved: quantileOf(p.achieved, x.achieved, among, median), PeersPromised: quantileOf(p.promised, x.promised, among, median),
		PeersUpper: quantileOf(p.promised, x.promised, among, rule.Upper.InexactFloat64()), Flag: Unknown, Cells: x.cells}
	unit, margin := "％", rule.Margin.InexactFloat64()
	if row.Measure == ByPoints {
		unit = "个百分点"
	}
	switch {
	case !x.last.Valid || !x.final.Valid:
		row.Note = lackOf(c, x) + "没有数据"
	case !x.promised.Valid, x.prior.Valid && !x.achieved.Valid:
		row.Flag, row.Note = NoFlag, fmt.Sprintf("基数不到%s，不算增长率", rule.Base)
	case !x.achieved.Valid:
		row.Note = c.prior.Label + "没有数据，已实现的增长无从计算"
	case !row.PeersUpper.Valid:
		row.Note = "可比的申报不足"
	case x.promised.V > x.achieved.V+margin && x.promised.V > row.PeersUpper.V:
		row.Flag = Verify
		row.Note = fmt.Sprintf("承诺到%s年均增长%s%s，已实现的是%s%s，同批承诺的上分位是%s%s，请核实依据",
			c.final.Label, short(x.promised.V), unit, short(x.achieved.V), unit, short(row.PeersUpper.V), unit)
	default:
		row.Flag = NoFlag
	}
	return row
}

// lackOf names the years that a comparison lacks.
func lackOf(c course, x followed) string {
	var out []string
	if !x.last.Valid {
		out = append(out, c.last.Label)
	}
	if !x.final.Valid {
		out = append(out, c.final.Label)
	}
	return strings.Join(out, "、")
}

// short writes a figure with one decimal for a sentence.
func short(v float64) string { return plain(math.Round(v*10) / 10) }
