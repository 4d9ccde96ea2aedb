package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Registered is one entry of the Department's register, as typed and proven.
type Registered struct {
	Sheet       *templates.RegisterSheet
	Key         string            // of the consortium, see ConsortiumKey; empty where the entry is about a finding
	Fingerprint string            // of the finding
	ValueHash   string            // of the values that were decided on; empty: whatever they become
	Accepted    bool              // of a decision about an explanation
	Values      map[string]string // by column; dates in ISO
	Private     map[string]string // by column: what goes into the next register and nowhere else
	Place       model.Place
}

// Decides says whether an entry is a decision about the explanation of a finding, for the values that it has now.
func (e Registered) Decides(x Finding) bool {
	return e.Sheet.Effect == templates.EffectExplain && e.Fingerprint == x.Fingerprint &&
		(e.ValueHash == "" || e.ValueHash == x.ValueHash)
}

// Upheld says whether an entry is an objection that was found to be right: the last of the outcomes.
func (e Registered) Upheld() bool {
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

// EntryKey is the key of an entry of the directory; of one that was added, the key that it had before.
func EntryKey(e templates.Entry) string {
	return ConsortiumKey(Submission{DirectoryNo: Some(int32(e.No)), Consortium: e.Consortium})
}

// Register is what the Department keeps beside the submissions; empty where none was handed in.
type Register []Registered

// Find gives the first entry of a kind about a consortium.
func (r Register) Find(effect templates.RegisterEffect, key string) (Registered, bool) {
	for _, e := range r {
		if e.Sheet.Effect == effect && e.Key == key {
			return e, true
		}
	}
	return Registered{}, false
}

// Award is how far one consortium has come from the meeting's advice to being chosen. Only the register says so.
type Award struct {
	Registered
	Step *templates.RegisterStep // the last one taken; nil: none
}

// Award finds what was registered about a consortium.
func (r Register) Award(key string) Award {
	if e, ok := r.Find(templates.EffectAward, key); ok {
		return Award{e, e.step()}
	}
	return Award{}
}

// step is the last one that was taken; nil: none.
func (e Registered) step() (last *templates.RegisterStep) {
	for _, step := range e.Sheet.Steps {
		done, _, _ := step.Status(e.Sheet, e.Values)
		if done {
			last = step
		} else if !step.Optional {
			break // what follows a step that was taken back is history
		}
	}
	return last
}

// Agreed says whether an entry about an adjustment of the directory agrees to it.
func (e Registered) Agreed() bool { return e.step() != nil }

// Adjustments are the changes of the directory that were agreed to.
func (r Register) Adjustments() (out []templates.Adjustment) {
	for _, e := range r {
		if e.Sheet.Effect == templates.EffectAdjust && e.Agreed() {
			v := e.Values
			out = append(out, templates.Adjustment{Consortium: v[templates.RegisterConsortium], Park: v[templates.RegisterPark],
				City: v[templates.RegisterCity], Replaces: v[templates.RegisterReplaces],
				Basis: text.Mask(fmt.Sprintf("%s：%s，%s", e.step().Label, e.Document(), v[templates.RegisterDate]))})
		}
	}
	return out
}

// Reached says whether a step was taken.
func (a Award) Reached(id string) bool {
	return a.Step != nil && slices.Index(templates.Steps, a.Step.ID) >= slices.Index(templates.Steps, id)
}

// Said words it: the step with what it rests on, 评审会建议 with what was advised; empty where nothing was registered.
func (a Award) Said() (said string) {
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

// Lacking lists what must be there by the register's sheets and is not, each with the sheet's title.
func (r *Round) Lacking(key string) []string {
	return Words(r.Definition.Register.Sheets, func(s *templates.RegisterSheet) string {
		left := s.MissingColumns(r.Register.On(s, key).Values)
		if s.Effect != templates.EffectReceive || len(left) == 0 {
			return ""
		}
		return s.Title + "缺" + strings.Join(left, "、")
	})
}

// On finds the entry about a consortium on one sheet; the zero value, without a sheet, where there is none.
func (r Register) On(s *templates.RegisterSheet, key string) Registered {
	for _, e := range r {
		if e.Sheet == s && e.Key == key {
			return e
		}
	}
	return Registered{}
}

// KeyOf identifies a consortium by its name, as the directory prints it or as it was typed.
func KeyOf(d *templates.Definition, name string) string {
	name = d.Directory.WithoutRemark(name)
	for _, e := range d.Directory.Entries {
		for _, p := range e.Pairs() {
			if text.NameKey(p.Consortium) == text.NameKey(name) {
				return EntryKey(e)
			}
		}
	}
	return ConsortiumKey(Submission{Consortium: name})
}

// Strangers lists the entries about consortia that neither the directory nor a submission has.
func (r *Round) Strangers() []Registered {
	known := map[string]bool{"": true}
	for _, e := range r.Definition.Directory.Entries {
		known[EntryKey(e)] = true
	}
	for s := range r.Submissions.All() {
		known[ConsortiumKey(s)] = true
	}
	unknown := func(key string) bool { return !known[key] }
	return Where(slices.Values(r.Register), func(e Registered) bool {
		return unknown(e.Key) || slices.ContainsFunc(e.School(r.Definition).MemberOf, unknown)
	})
}

// Exempt says why an entry of the directory need not report; empty where it must.
func (r Register) Exempt(e templates.Entry) string {
	if e.National != "" {
		return e.National
	}
	if x, ok := r.Find(templates.EffectSelect, EntryKey(e)); ok {
		return fmt.Sprintf("%s（%s）", x.Sheet.Title, x.Document())
	}
	return ""
}

// Untranscribed names the Word or PDF file by which an entry of the directory has reported without a workbook, if so.
func (f *Facts) Untranscribed(e templates.Entry) string {
	for p := range f.Pieces.All() {
		if p.Result == PieceAlone && p.DirectoryNo == Some(int32(e.No)) {
			return p.File
		}
	}
	return ""
}

// Unreported lists the entries of the directory that must report and have no submission, workbook or other file.
func (r *Round) Unreported() []templates.Entry {
	reported := map[int]bool{}
	for s := range r.Submissions.All() {
		reported[int(s.DirectoryNo.V)] = s.DirectoryNo.Valid
	}
	return Where(slices.Values(r.Definition.Directory.Entries), func(e templates.Entry) bool {
		return !reported[e.No] && r.Register.Exempt(e) == "" && r.Untranscribed(e) == ""
	})
}

// Document names an entry for a person: 文号, and where it is not plain from elsewhere what it is about.
func (e Registered) Document() string { return e.Values[templates.RegisterDocument] }

// Ruling is what the Department decided about what experts proposed for one consortium.
type Ruling struct {
	Points   Opt[float64] // to be taken off; absent: not decided
	Reject   Opt[bool]    // turned down; absent: not decided
	Document string
}

// Ruling finds the decisions about a consortium.
func (r Register) Ruling(key string) Ruling {
	e, ok := r.Find(templates.EffectRule, key)
	if !ok {
		return Ruling{}
	}
	points, err := decimal.NewFromString(e.Values[templates.RegisterPoints])
	said := e.Values[templates.RegisterReject]
	reject := said != "" && said == e.Sheet.Column(templates.RegisterReject).Options[0]
	return Ruling{Known(points.InexactFloat64(), err == nil), Known(reject, said != ""), e.Document()}
}

// Chosen are the keys of the consortia that the register says were chosen, in an earlier batch or in this one.
func (r Register) Chosen() map[string]bool {
	out := map[string]bool{}
	for _, e := range r {
		if e.Sheet.Effect == templates.EffectSelect || r.Award(e.Key).Reached(templates.StepChosen) {
			out[e.Key] = true
		}
	}
	return out
}

// Sealed says whether the sealed paper that was registered as received carries a check code.
func (r Register) Sealed(key, code string) bool {
	e, ok := r.Find(templates.EffectReceive, key)
	return ok && code != "" && e.Values[templates.RegisterCode] == code
}

// School is one school of the Department's own list (学校名录).
type School struct {
	Name      string
	Kind      string       // id of the member kind
	Enrolment Opt[float64] // official
	Year      string       // of the enrolment; empty: not said
	MemberOf  []string     // keys of the consortia that the Department counts it to, see KeyOf
}

// School reads an entry of that list.
func (e Registered) School(d *templates.Definition) School {
	kind := d.Form.Kind(e.Values[templates.RegisterKind])
	n, err := strconv.ParseFloat(e.Values[templates.RegisterEnrolment], 64)
	of := Each(names(e.Values[templates.RegisterMemberOf]), func(name string) string { return KeyOf(d, name) })
	return School{e.Values[templates.RegisterSchool], kind.ID, Known(n, err == nil), e.Values[templates.RegisterYear], of}
}

// Schools is that list, by the key of every name that a school goes by. It is empty where nothing is registered.
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

// SchoolNames are the keys of all names of an entry of the list of schools.
func (e Registered) SchoolNames() []string {
	all := append([]string{e.Values[templates.RegisterSchool]}, names(e.Values[templates.RegisterOthers])...)
	return Words(Unique(all, text.NameKey), strings.Clone)
}

func names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune("、，；,;\n", r) })
}

// Unvouched lists the schools of all rosters whose kind, official enrolment or consortium the Department's list does
// not say. Only where there are none (and the list is not blank) may evidence be relative to enrolment.
func (r Register) Unvouched(f *Facts) []Member {
	list, keys := r.Schools(f.Definition), map[string]string{}
	for s := range f.Submissions.All() {
		keys[s.Submission] = ConsortiumKey(s)
	}
	return Where(f.Members.All(), func(m Member) bool {
		s, ok := list[m.NameKey]
		return f.Definition.Form.Kind(m.Kind).School && (!ok || s.Kind != m.Kind || !s.Enrolment.Valid ||
			!slices.Contains(s.MemberOf, keys[m.Submission]))
	})
}

// Enrolled is the official enrolment of each submission's consortium by kind of school, as the Department's list
// counts.
func (r Register) Enrolled(f *Facts) map[string]map[string]float64 {
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
