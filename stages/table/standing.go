package table

import (
	"cmp"
	"fmt"
	"strings"
)

// State says how much of the scores is known.
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

// State says how much of the scores of a ranking is known; an empty ranking knows nothing but figures.
func (r *Ranking) State() State {
	if r == nil || r.Ranking.Len() == 0 {
		return FiguresOnly
	}
	return State(r.Ranking.Row(0).State)
}

// Waiting counts the submissions that wait for marks.
func (r *Ranking) Waiting() int {
	if r == nil {
		return 0
	}
	return len(Where(r.Ranking.All(), func(k Rank) bool { return k.Waiting }))
}

// Standing is what a reader must know beside every score: how much of it is known, and for what it was made.
type Standing struct {
	State   State
	Waiting int      // submissions that came after the marking and have no rank yet
	Trial   []string // in what the definition differs from the one in force; nil: it is that one
	Meeting string   // name of the copy that is kept for a meeting; empty: none
}

// Complete says that the experts' marks are in: only then there is a line.
func (s Standing) Complete() bool { return s.State == AllMarked }

// Short is for the foot of a page.
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

// parts says how far the marking is, and how many it has not reached: a list without them is not all there is; then for
// what the scores were made, a trial in the words given.
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
