package consolidate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// allViews are the views that sheets.yaml can use besides the columns of the rows.
func (w *workbook) allViews() map[string]list.View {
	all := w.tableViews()
	maps.Copy(all, map[string]list.View{
		"city": func(r list.Row) book.Cell {
			return centred(cmp.Or(w.submission(r.Text("submission")).City, r.Text("city")))
		},
		"consortium": func(r list.Row) book.Cell {
			progress := r.Text("submission") == "" // of a progress form
			return table.Either(progress, plain(r.Text("consortium")), cell(w.name(r.Text("submission")), book.Plain))
		},
		"belongs": func(r list.Row) book.Cell { return centred(w.Facts.CityOf(w.submission(r.Text("submission")))) },
		"page":    func(r list.Row) book.Cell { return w.pageLink(cmp.Or(r.Text("file"), r.Text("submission"))) },
		"rank":    func(r list.Row) book.Cell { return ranked(w.ranks[r.Text("submission")].Rank) },
		"gap":     func(r list.Row) book.Cell { return w.gap(w.ranks[r.Text("submission")]) },
		"copy": func(r list.Row) book.Cell {
			return w.linkToCopy(centred(textIf(w.Returns[r.Text("submission")] != "", "打开标注件")), r.Text("submission"), "", "")
		},
		"field":     func(r list.Row) book.Cell { return plain(w.Definition.Label(r.Text("field"))) },
		"indicator": func(r list.Row) book.Cell { return plain(w.Definition.Label(r.Text("indicator"))) },
		"field_year": func(r list.Row) book.Cell {
			ref := templates.Ref{Field: r.Text("field"), Year: int(r.Get("year").(table.Opt[int32]).V)}
			return plain(textIf(ref.Field != "", w.Definition.Name(ref)))
		},
		"placed": func(r list.Row) book.Cell {
			return w.placeCell(r.Text("submission"), r.Text("sheet"), r.Text("cell"))
		},
		"mark_place": func(r list.Row) book.Cell { return mono(r.Text("sheet") + "!" + r.Text("cell")) },
		"source": func(r list.Row) book.Cell {
			cells := cmp.Or(r.Text("cells"), textIf(r.Text("cell") != "", r.Text("sheet")+"!"+r.Text("cell")))
			return w.sourceLink(r.Text("submission"), cells)
		},
		"reason":        func(r list.Row) book.Cell { return plain(strings.ReplaceAll(r.Text("reason"), "；", "\n")) },
		"blank":         func(list.Row) book.Cell { return book.Cell{Look: book.Plain} },
		"reading":       func(r list.Row) book.Cell { return plain(w.Definition.Reading.Route(r.Text("kind")).Label) },
		"evidence":      func(r list.Row) book.Cell { return plain(w.evidenceOf(r).Label) },
		"basis":         func(r list.Row) book.Cell { return plain(w.evidenceOf(r).Basis) },
		"evidence_unit": func(r list.Row) book.Cell { return centred(w.evidenceOf(r).Unit) },
		"finding_place": func(r list.Row) book.Cell { return w.placeLink(finding(r)) },
		"fingerprint": func(r list.Row) book.Cell { // to be copied, for the values that the finding has now
			x := finding(r)
			return mono(model.ExplanationKey(x.Fingerprint, x.ValueHash))
		},
		"city_name": func(r list.Row) book.Cell {
			name := r.Text("name")
			return table.Either(r.Get("total") == true, cell(name, book.Total), centred(name))
		},
		"live_side": func(r list.Row) book.Cell {
			side := table.SideLabels[r.Value.(table.Rank).Line]
			return cell(side, book.Centred, w.sideFormula(r.Cell("rank")))
		},
		"moved_to": func(r list.Row) book.Cell {
			c := points(r.Get("now").(table.Opt[float64]).V)
			c.Formula = fmt.Sprintf("SUM(%s:%s)", r.Cell("was"), model.CellName(r.At, r.List.Col("moved_to")-1))
			return c
		},
	})
	return all
}

func (w *workbook) tableViews() map[string]list.View {
	return map[string]list.View{
		"fate":        list.Of(func(f table.File) book.Cell { return centred(f.FateLabel(w.Definition)) }),
		"total":       list.Of(func(r table.Rank) book.Cell { return outOf(r.Total, r.Possible) }),
		"line_reason": list.Of(func(r table.Rank) book.Cell { return plain(strings.ReplaceAll(r.LineReason, "；", "\n")) }),
		"swaps": list.Of(func(r table.Rank) book.Cell { // the smallest weight changes that move it over the line
			own := func(s table.Swap) bool { return s.Inside == r.Submission || s.Outside == r.Submission }
			words := table.Each(table.Where(w.Ranking.Swaps.All(), own), func(s table.Swap) string { return s.Words })
			return plain(strings.Join(words, "\n"))
		}),
		"reached":   list.Of(func(r table.Rank) book.Cell { return w.reached(w.lifts[r.Submission]) }),
		"overtake":  list.Of(w.marginToNext),
		"award":     list.Of(func(r table.Rank) book.Cell { return plain(w.award(w.submission(r.Submission))) }),
		"answered":  list.Of(func(x table.Finding) book.Cell { return centred(x.State()) }),
		"lift_raw":  list.Of(func(l table.Lift) book.Cell { return w.amount(l, l.Raw) }),
		"lift_best": list.Of(func(l table.Lift) book.Cell { return w.amount(l, table.Some(l.Best)) }),
		"best_of":   list.Of(func(l table.Lift) book.Cell { return plain(w.submission(l.BestOf).Consortium) }),
		"lift_source": list.Of(func(l table.Lift) book.Cell {
			cells := ""
			for s := range w.about[l.Submission].Scores {
				if s.Evidence == l.Evidence {
					cells = s.Cells
				}
			}
			return w.sourceLink(l.Submission, cells)
		}),
		"point_words": list.Of(func(x table.Influence) book.Cell {
			return plain(short(w.Definition.Rubric().Point(x.Point), 60))
		}),
		"constant": list.Of(func(x table.Influence) book.Cell { return plain(strings.Join(w.constant[x.Point], "、")) }),
		"moved": list.Of(func(c table.Change) book.Cell {
			moved := table.Rounded(c.AfterNumber.V - c.BeforeNumber.V)
			switch {
			case !c.BeforeNumber.Valid || !c.AfterNumber.Valid:
				return book.Cell{Look: book.Plain}
			case c.Kind == table.TotalChanged:
				return cell(moved, book.Gain)
			}
			return number(moved)
		}),
		"reasons": list.Of(func(c table.Change) book.Cell {
			return plain(strings.TrimPrefix(w.lineCrossing(c)+"："+w.reasons(c), "："))
		}),
		"units":        list.Of(func(e entry) book.Cell { return count(len(e.form.Members)) }),
		"covers":       list.Of(func(e table.Explanation) book.Cell { return plain(w.covers(e)) }),
		"kind_of":      list.Of(func(m table.Member) book.Cell { return plain(w.kindOf(m)) }),
		"enrolment":    list.Of(w.enrolment),
		"long_text":    list.Of(w.longText),
		"series_place": list.Of(w.seriesPlace),
	}
}

func ranked(rank table.Opt[int32]) book.Cell {
	return table.Either(rank.Valid, cell(rank.V, book.Centred), greyed("不排"))
}

// outOf is a total with the points possible.
func outOf(total, possible float64) book.Cell {
	return book.Cell{Value: table.Rounded(total), Look: book.OutOf(table.Plain(table.Some(table.Rounded(possible))))}
}

func finding(r list.Row) table.Finding {
	if x, ok := r.Value.(openWarning); ok {
		return x.Finding
	}
	return r.Value.(table.Finding)
}

// linkToCopy links a cell to a place in the annotated copy of a submission, where there is one.
func (w *workbook) linkToCopy(c book.Cell, submission, sheet, cell string) book.Cell {
	if path, ok := w.Returns[submission]; ok {
		first, _, _ := strings.Cut(cell, ":")
		c.Look, c.Link = book.Link, path+book.CellLink(sheet, first)
	}
	return c
}

// placeCell shows the place of a value, with a link.
func (w *workbook) placeCell(submission, sheet, cell string) book.Cell {
	if sheet == "" {
		return centred("")
	}
	place := model.Place{File: w.submission(submission).File, Sheet: sheet, Cell: cell}
	return w.linkToCopy(mono(place.String()), submission, sheet, cell)
}

// sourceLink shows the cells of an evidence, with a link to the first.
func (w *workbook) sourceLink(submission, cells string) book.Cell {
	first, _, _ := strings.Cut(cells, "; ")
	if sheet, cell, ok := strings.Cut(first, "!"); ok {
		return w.linkToCopy(mono(cells), submission, sheet, cell)
	}
	return mono(cells)
}

// placeLink shows the place of a finding, with a link into the annotated copy, or else to the value's row in 附录.
func (w *workbook) placeLink(x table.Finding) book.Cell {
	place := model.Place{File: x.File, Sheet: x.Sheet, Cell: x.Cell}.String()
	i, known := w.index[x.Submission]
	switch path, ok := w.Returns[cmp.Or(x.Submission, x.File)]; {
	case x.Sheet == "":
		return plain(place)
	case ok:
		return linked(place, path+book.CellLink(x.Sheet, x.Cell))
	case !known:
		return cell(place, book.Plain)
	}
	sheet, at, fields := "submissions", i, w.Definition.Form.Metrics()
	about := func(f *templates.Field) bool { return slices.Contains(strings.Fields(x.Fields), f.ID) }
	if k := slices.IndexFunc(fields, about); k >= 0 {
		sheet, at = "metrics", i*len(fields)+k
	}
	return linked(place, w.linkTo(sheet, model.CellName(at+list.First, 1)))
}

// covers says how many findings are explained in the words of a row, and how many of those are blank figures.
func (w *workbook) covers(e table.Explanation) string {
	such := table.Where(slices.Values(w.about[e.Submission].Findings), func(x table.Finding) bool {
		return x.OwnExplanation != "" && strings.Contains(e.About+"\n"+e.Explanation, x.OwnExplanation)
	})
	blank := howMany(such, func(x table.Finding) bool { return len(w.Definition.Rule(x.Code).Explained) > 0 })
	return fmt.Sprintf("%d处，其中未填%d格", len(such), blank)
}

func (w *workbook) kindOf(m table.Member) string {
	return cmp.Or(w.Definition.Form.Kind(m.Kind).Label, m.KindLabel)
}

func (w *workbook) enrolment(m table.Member) book.Cell {
	kind := w.Definition.Form.Kind(m.Kind)
	notAsked := kind.ID != "" && !kind.School && m.Status == table.Missing
	return table.Either(notAsked, book.Cell{Look: book.Plain}, figure(m.Enrolment, m.Status))
}

func (w *workbook) longText(t table.Text) book.Cell {
	if f := w.Definition.Field(t.Field); t.Status == table.Missing && !f.Required {
		return book.Cell{Look: book.Prose}
	} else if t.Status != table.Normal {
		return greyed(t.Status.Absent())
	}
	return cell(text.Mask(t.Text), book.Prose)
}

// gap is the difference of a total from that of the last submission inside the line.
func (w *workbook) gap(r table.Rank) book.Cell {
	return table.Either(r.Ranked, cell(table.Rounded(r.Total-w.lastInside()), book.Gain), book.Cell{Look: book.Gain})
}

func (w *workbook) amount(l table.Lift, v table.Opt[float64]) book.Cell {
	if !v.Valid {
		return centred("缺")
	}
	return centred(withUnit(w.evidence(l.Point, l.Evidence), v.V))
}

// reached says how many steps a submission needs to get inside the line; last is the last one.
func (w *workbook) reached(last table.Lift) book.Cell {
	switch {
	case last.Step == 0:
		return greyed("－")
	case !last.Inside:
		return centred("都达到也不够")
	}
	return linked(last.Step, w.linkTo("lifts", "A1"))
}

// evidence finds an evidence of the rubric; an empty id is the experts' marks.
func (w *workbook) evidence(point, id string) *templates.Evidence {
	if id == "" {
		return &templates.Evidence{Label: "专家评分", Unit: "分"}
	}
	return w.Definition.Rubric().Point(point).Find(id)
}

func (w *workbook) evidenceOf(r list.Row) *templates.Evidence {
	return w.evidence(r.Text("point"), r.Text("evidence"))
}

// withUnit formats the value of an evidence, rounded, with its unit.
func withUnit(e *templates.Evidence, v float64) string {
	return table.Plain(table.Some(round2(v))) + e.Unit
}
