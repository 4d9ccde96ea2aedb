package table

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// RegisterEntry is one row of the Department's register, as typed and validated.
type RegisterEntry struct {
	Sheet       *templates.RegisterSheet
	Key         string            // of the consortium, see ConsortiumKey; empty where the entry is about a finding
	Fingerprint string            // of the finding
	ValueHash   string            // of the values that the decision is about; empty: valid for any values
	Accepted    bool              // of a decision about an explanation
	Values      map[string]string // by column; dates in ISO
	Private     map[string]string // by column: what goes into the next register and nowhere else
	Place       model.Place
}

// Decides says whether the entry accepts or refuses the explanation of a finding with its present values.
func (e RegisterEntry) Decides(x Finding) bool {
	return e.Sheet.Effect == templates.EffectExplain && e.Fingerprint == x.Fingerprint &&
		(e.ValueHash == "" || e.ValueHash == x.ValueHash)
}

// Upheld says whether the entry is an objection that was found to be right: the last option of the outcome.
func (e RegisterEntry) Upheld() bool {
	c := e.Sheet.Column(templates.RegisterOutcome)
	return e.Sheet.Effect == templates.EffectObject && c != nil && e.Values[c.ID] == c.Options[len(c.Options)-1]
}

// ConsortiumKey identifies a consortium from round to round: its number in the directory, or else its name.
func ConsortiumKey(s Submission) string {
	if s.DirectoryNo.Valid && s.DirectoryNo.V < templates.AddedFrom {
		return fmt.Sprintf("no:%d", s.DirectoryNo.V)
	}
	if name := text.NameKey(s.Consortium); name != "" {
		return "name:" + name
	}
	return "submission:" + s.Submission
}

// EntryKey is the consortium key of a directory entry; an added entry keeps the key by name that it had before.
func EntryKey(e templates.Entry) string {
	return ConsortiumKey(Submission{DirectoryNo: Some(int32(e.No)), Consortium: e.Consortium})
}

// Register are the entries of the Department's register; empty where none was handed in.
type Register []RegisterEntry

// Find returns the first entry with an effect about a consortium; the zero value, without a sheet, where there is none.
func (r Register) Find(effect templates.RegisterEffect, key string) RegisterEntry {
	return First(slices.Values(r), func(e RegisterEntry) bool { return e.Sheet.Effect == effect && e.Key == key })
}

// EntryOn is Find for one sheet.
func (r Register) EntryOn(s *templates.RegisterSheet, key string) RegisterEntry {
	return First(slices.Values(r), func(e RegisterEntry) bool { return e.Sheet == s && e.Key == key })
}

// Award is the state of a consortium on the way to being chosen. Only the register decides it.
type Award struct {
	RegisterEntry
	Step *templates.RegisterStep // the last one done; nil: none
}

// Award returns the award of a consortium; the zero value where nothing is registered.
func (r Register) Award(key string) Award {
	e := r.Find(templates.EffectAward, key)
	return Award{e, e.lastStep()}
}

// lastStep is the last step done; nil: none.
func (e RegisterEntry) lastStep() (last *templates.RegisterStep) {
	for _, step := range cmp.Or(e.Sheet, &templates.RegisterSheet{}).Steps {
		done, _, _ := step.Status(e.Sheet, e.Values)
		if done {
			last = step
		} else if !step.Optional {
			break // later steps no longer count once an earlier one is undone
		}
	}
	return last
}

// Agreed says whether an entry with EffectAdjust agrees to the adjustment.
func (e RegisterEntry) Agreed() bool { return e.lastStep() != nil }

// Adjustments lists the agreed changes of the directory.
func (r Register) Adjustments() (out []templates.Adjustment) {
	for _, e := range r {
		if e.Sheet.Effect == templates.EffectAdjust && e.Agreed() {
			v := e.Values
			out = append(out, templates.Adjustment{Consortium: v[templates.RegisterConsortium], Park: v[templates.RegisterPark],
				City: v[templates.RegisterCity], Replaces: v[templates.RegisterReplaces],
				Basis: text.Mask(fmt.Sprintf("%s：%s，%s", e.lastStep().Label, e.Document(), v[templates.RegisterDate]))})
		}
	}
	return out
}

// Reached says whether the step with an id, or a later one, is done.
func (a Award) Reached(id string) bool {
	return a.Step != nil && slices.Index(templates.Steps, a.Step.ID) >= slices.Index(templates.Steps, id)
}

// Status is the award in words, the last step with its document or first column; empty where nothing is registered.
func (a Award) Status() (said string) {
	if a.Sheet == nil {
		return ""
	}
	for _, step := range a.Sheet.Steps {
		done, begun, left := step.Status(a.Sheet, a.Values)
		switch column := step.Columns[0]; {
		case done && step.Document != "":
			said = fmt.Sprintf("%s（%s）", step.Label, a.Values[step.Document])
		case begun:
			said = step.Label + "：" + a.Values[column]
		}
		if begun && !done && len(left) == 0 && !step.Optional {
			break
		}
	}
	return said
}

// MissingPapers lists what must be there by the register's sheets and is not, each with the sheet's title.
func (r *Round) MissingPapers(key string) []string {
	return Words(r.Definition.Register().Sheets, func(s *templates.RegisterSheet) string {
		left := s.MissingColumns(r.Register.EntryOn(s, key).Values)
		asked := s.Effect == templates.EffectReceive && len(left) > 0
		return Either(asked, s.Title+"缺"+strings.Join(left, "、"), "")
	})
}

// KeyOf is the consortium key of a name, as printed in the directory or as typed.
func KeyOf(d *templates.Definition, name string) string {
	name = d.Directory.WithoutRemark(name)
	if e := d.Directory.ByNameKey(name); e != nil {
		return EntryKey(*e)
	}
	return ConsortiumKey(Submission{Consortium: name})
}

// UnknownEntries lists the register's entries about consortia that neither the directory nor a submission has.
func (r *Round) UnknownEntries() []RegisterEntry {
	known := map[string]bool{"": true}
	for _, e := range r.Definition.Directory.Entries {
		known[EntryKey(e)] = true
	}
	for s := range r.Submissions.All() {
		known[ConsortiumKey(s)] = true
	}
	unknown := func(key string) bool { return !known[key] }
	return Where(slices.Values(r.Register), func(e RegisterEntry) bool {
		return unknown(e.Key) || slices.ContainsFunc(e.School(r.Definition).MemberOf, unknown)
	})
}

// Exempt is the reason why a directory entry need not report; empty where it must.
func (r Register) Exempt(e templates.Entry) string {
	if e.National != "" {
		return e.National
	}
	if x := r.Find(templates.EffectSelect, EntryKey(e)); x.Sheet != nil {
		return fmt.Sprintf("%s（%s）", x.Sheet.Title, x.Document())
	}
	return ""
}

// Untranscribed is the Word or PDF file by which a directory entry reported without a workbook; empty: none.
func (f *Facts) Untranscribed(e templates.Entry) string {
	return First(f.Pieces.All(), func(p Piece) bool {
		return p.Result == PieceAlone && p.DirectoryNo == Some(int32(e.No))
	}).File
}

// Unreported lists the directory entries that must report and have neither submission nor Word or PDF file.
func (r *Round) Unreported() []templates.Entry {
	reported := map[int]bool{}
	for s := range r.Submissions.All() {
		reported[int(s.DirectoryNo.V)] = s.DirectoryNo.Valid
	}
	return Where(slices.Values(r.Definition.Directory.Entries), func(e templates.Entry) bool {
		return !reported[e.No] && r.Register.Exempt(e) == "" && r.Untranscribed(e) == ""
	})
}

// Document is the document that the entry is based on, with its 文号.
func (e RegisterEntry) Document() string { return e.Values[templates.RegisterDocument] }

// Ruling is the Department's decision on what experts proposed for one consortium.
type Ruling struct {
	Points   Opt[float64] // deduction; absent: not decided
	Reject   Opt[bool]    // rejected; absent: not decided
	Document string
}

// Ruling returns the decisions about a consortium; the zero value where there are none.
func (r Register) Ruling(key string) Ruling {
	e := r.Find(templates.EffectRule, key)
	points, err := decimal.NewFromString(e.Values[templates.RegisterPoints])
	said := e.Values[templates.RegisterReject]
	reject := said != "" && said == e.Sheet.Column(templates.RegisterReject).Options[0]
	return Ruling{Known(points.InexactFloat64(), err == nil), Known(reject, said != ""), e.Document()}
}

// Chosen has the keys of the consortia that were chosen, in an earlier batch or in this one.
func (r Register) Chosen() map[string]bool {
	out := map[string]bool{}
	for _, e := range r {
		if e.Sheet.Effect == templates.EffectSelect || r.Award(e.Key).Reached(templates.StepChosen) {
			out[e.Key] = true
		}
	}
	return out
}

// Sealed says whether the sealed paper registered as received has this check code.
func (r Register) Sealed(key, code string) bool {
	e := r.Find(templates.EffectReceive, key)
	return code != "" && e.Values[templates.RegisterCode] == code
}

// School is one school of the Department's own list (学校名录).
type School struct {
	Name      string
	Kind      string       // id of the member kind
	Enrolment Opt[float64] // official
	Year      string       // of the enrolment; empty: unknown
	MemberOf  []string     // keys of the consortia that it belongs to, see KeyOf
}

// School parses an entry of the list of schools.
func (e RegisterEntry) School(d *templates.Definition) School {
	kind := d.Form.Kind(e.Values[templates.RegisterKind])
	n, err := strconv.ParseFloat(e.Values[templates.RegisterEnrolment], 64)
	of := Each(splitNames(e.Values[templates.RegisterMemberOf]), func(name string) string { return KeyOf(d, name) })
	return School{e.Values[templates.RegisterSchool], kind.ID, Known(n, err == nil), e.Values[templates.RegisterYear], of}
}

// Schools is the list of schools, by the name key of every name of a school; empty where nothing is registered.
func (r Register) Schools(d *templates.Definition) map[string]School {
	out := map[string]School{}
	for _, e := range r {
		if e.Sheet.Effect == templates.EffectSchools {
			for _, key := range e.SchoolNames() {
				out[key] = e.School(d)
			}
		}
	}
	return out
}

// SchoolNames lists the name keys of all names of an entry of the list of schools.
func (e RegisterEntry) SchoolNames() []string {
	all := append([]string{e.Values[templates.RegisterSchool]}, splitNames(e.Values[templates.RegisterOthers])...)
	return Words(Unique(all, text.NameKey), strings.Clone)
}

func splitNames(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune("、，；,;\n", r) })
}

// UnconfirmedSchools lists the schools of all rosters whose kind, official enrolment or consortium is not in the list
// of schools. Evidence may be relative to enrolment only where there are none and the list is not blank.
func (r Register) UnconfirmedSchools(f *Facts) []Member {
	list, of := r.Schools(f.Definition), IndexBy(f.Submissions.All(), func(s Submission) string { return s.Submission })
	return Where(f.Members.All(), func(m Member) bool {
		s, ok := list[m.NameKey]
		return f.Definition.Form.Kind(m.Kind).School && (!ok || s.Kind != m.Kind || !s.Enrolment.Valid ||
			!slices.Contains(s.MemberOf, ConsortiumKey(of[m.Submission])))
	})
}

// OfficialEnrolment is the enrolment in the list of schools, by submission and kind of school.
func (r Register) OfficialEnrolment(f *Facts) map[string]map[string]float64 {
	out := map[string]map[string]float64{}
	for s := range f.Submissions.All() {
		out[s.Submission] = map[string]float64{}
		for _, e := range r {
			if school := e.School(f.Definition); slices.Contains(school.MemberOf, ConsortiumKey(s)) {
				out[s.Submission][school.Kind] += school.Enrolment.V
			}
		}
	}
	return out
}
