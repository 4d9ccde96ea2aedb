package table

import "lianheti/stages/model"

// Finding is one fault or remark, with its first place; all places stand in places.
type Finding struct {
	Role        string         `col:"role,later"` // of the file that it is about, as in files
	Code        string         `col:"code"`
	Rule        string         `col:"rule"`
	Severity    model.Severity `col:"severity"`
	Submission  string         `col:"submission,null"`
	CityCode    string         `col:"city_code,null"`
	City        string         `col:"city,null"`
	Consortium  string         `col:"consortium,null"`
	Fields      string         `col:"fields,null"` // ids, joined by blanks
	Year        Opt[int32]     `col:"year"`
	Member      string         `col:"member,null"`
	File        string         `col:"file"`
	Sheet       string         `col:"sheet,null"`
	Cell        string         `col:"cell,null"`
	Places      string         `col:"places"` // all, joined by "; "
	Raw         string         `col:"raw,null"`
	Value       string         `col:"value,null"`
	Title       string         `col:"title"`
	Message     string         `col:"message"`
	Cure        string         `col:"cure"`
	Authority   string         `col:"authority"`
	Fingerprint string         `col:"fingerprint"`
	ValueHash   string         `col:"value_hash"`
	Explanation string         `col:"explanation,null"`          // in force, with what the register says of it
	Own         string         `col:"own_explanation,null"`      // the prefecture's, for these values
	Outdated    string         `col:"outdated_explanation,null"` // given for other values
	Accepted    bool           `col:"accepted,null"`             // the register accepted the explanation
}

// Outcome is one rule on one submission.
type Outcome struct {
	Submission string        `col:"submission"`
	Code       string        `col:"code"`
	Rule       string        `col:"rule"`
	Outcome    model.Outcome `col:"outcome"`
	Cases      int32         `col:"cases"` // how many values the rule looked at
	Failed     int32         `col:"failed"`
	Undecided  int32         `col:"undecided"`
	Reason     string        `col:"reason,null"`
}

// Verdict is what follows from the findings of one submission.
type Verdict struct {
	Submission string        `col:"submission"`
	Verdict    model.Verdict `col:"verdict"`
	Ranked     bool          `col:"ranked"`
	Unranked   string        `col:"unranked_reason,null"`
	Errors     int32         `col:"errors"`
	Warnings   int32         `col:"warnings"`  // not yet explained
	Explained  int32         `col:"explained"` // warnings with an explanation in force
	Hints      int32         `col:"hints"`
	Award      string        `col:"award,null"` // how far it has come to being chosen, as registered
}

// Incentive is one move that an applicant could make, and what would come of it. It is for the Department alone.
type Incentive struct {
	Submission  string       `col:"submission"`
	City        string       `col:"city,null"`
	Consortium  string       `col:"consortium,null"`
	List        string       `col:"list"` // perverse or claim
	Kind        string       `col:"kind"` // id of the move in audit.yaml, or pair, gathered
	Move        string       `col:"move"` // unique in the submission
	What        string       `col:"what"`
	Cells       string       `col:"cells,null"` // joined by "; "
	RankBefore  int32        `col:"rank_before"`
	RankAfter   Opt[int32]   `col:"rank_after"` // nothing where it is no longer ranked
	TotalBefore float64      `col:"total_before"`
	TotalAfter  Opt[float64] `col:"total_after"`
	Pays        bool         `col:"pays"`
	Verdict     string       `col:"verdict,null"` // this and what follows: nothing where the total does not rise
	Errors      Opt[int32]   `col:"new_errors"`
	Warnings    Opt[int32]   `col:"new_warnings"`
	Gone        Opt[int32]   `col:"findings_gone"`
	Findings    string       `col:"new_findings,null"`
	Evidence    string       `col:"evidence,null"`
}

// Stake is what hangs on one open finding. The Department alone sees it.
type Stake struct {
	Submission  string         `col:"submission"`
	Fingerprint string         `col:"fingerprint"`
	Code        string         `col:"code"`
	Severity    model.Severity `col:"severity"`
	Title       string         `col:"title"`
	Points      string         `col:"points"` // observation points
	Loss        float64        `col:"loss"`   // of the total, where the figures count nothing
	Gain        float64        `col:"gain"`   // where they are as good as can be
	RankBest    int32          `col:"rank_best"`
	RankWorst   int32          `col:"rank_worst"`
}
