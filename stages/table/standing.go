package table

import (
	"cmp"
	"fmt"
	"strings"
)

// State is how far the marking of a batch has come.
type State string

// States, in the order in which a batch goes through them.
const (
	FiguresOnly State = "figures"  // no marks
	PartMarked  State = "part"     // some marks, not enough of them for every point
	AllMarked   State = "complete" // every ranked submission has the least number of marks on every point
)

// Label is how a person reads it.
func (s State) Label() string {
	return map[State]string{FiguresOnly: "数据部分（专家未评）", PartMarked: "部分已评（评分还没有计入）", AllMarked: "评齐"}[s]
}

// State is the state of a ranking; FiguresOnly where it is empty.
func (r *Ranking) State() State {
	if r == nil || r.Ranking.Len() == 0 {
		return FiguresOnly
	}
	return State(r.Ranking.Row(0).State)
}

// Waiting counts the submissions that came after the marking.
func (r *Ranking) Waiting() int {
	if r == nil {
		return 0
	}
	return len(Where(r.Ranking.All(), func(k Rank) bool { return k.Waiting }))
}

// Standing is shown wherever a score is shown: how much of the score is known, and what kind of run made it.
type Standing struct {
	State   State
	Waiting int      // submissions that came after the marking and have no rank yet
	Trial   []string // differences from the definition in force; nil: none, no trial
	Meeting string   // name of the copy kept for a meeting; empty: none
}

// Complete says whether all marks are in. Only then there is a line between chosen and others.
func (s Standing) Complete() bool { return s.State == AllMarked }

// Short is the text for the footer of a page.
func (s Standing) Short() string {
	return strings.Join(s.parts("试算"), "·")
}

// shownTrial is how many differences a sentence names.
const shownTrial = 4

// String is a sentence without its full stop.
func (s Standing) String() string {
	listed := strings.Join(s.Trial[:min(shownTrial, len(s.Trial))], "，")
	if len(s.Trial) > shownTrial {
		listed += fmt.Sprintf("等%d处", len(s.Trial))
	}
	return strings.Join(s.parts("试算，与正式定义不同："+listed), "；")
}

// parts are the state, the number of submissions without rank, a trial in the words given, and the meeting.
func (s Standing) parts(trial string) []string {
	parts := []string{cmp.Or(s.State, FiguresOnly).Label()}
	if s.Waiting > 0 {
		parts = append(parts, fmt.Sprintf("另有%d家待评，没有名次", s.Waiting))
	}
	if s.Trial != nil {
		parts = append(parts, trial)
	}
	if s.Meeting != "" {
		parts = append(parts, "会议版 "+s.Meeting)
	}
	return parts
}
