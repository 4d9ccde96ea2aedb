package model

import (
	"crypto/sha256"
	"encoding/hex"
	"lianheti/stages/text"
	"regexp"
	"strings"

	"golang.org/x/text/width"
)

// ExplanationKey is the key of a row of explanations in a returned copy: the fingerprint of the finding and the hash of
// its values. With it the row is matched to the finding and the values in every later round.
func ExplanationKey(fingerprint, valueHash string) string {
	if valueHash == "" {
		return fingerprint
	}
	return fingerprint + "-" + valueHash
}

var explanationKey = regexp.MustCompile(`^([0-9a-f]{16})(?:[-—–－\s]*([0-9a-f]{16}))?$`)

// SplitExplanationKey parses a key, also a typed one. Without a hash the explanation is for the workbook's own values.
// Anything else is returned unchanged as a fingerprint, which matches no finding.
func SplitExplanationKey(key string) (fingerprint, valueHash string) {
	m := explanationKey.FindStringSubmatch(strings.ToLower(width.Fold.String(strings.TrimSpace(key))))
	if m == nil {
		return strings.TrimSpace(key), ""
	}
	return m[1], m[2]
}

// KeyLength is the length of a fingerprint.
const KeyLength = 16

// ExplanationAbout is the text beside the key in a returned copy: what has to be explained.
func ExplanationAbout(title, message string) string { return title + "：" + message }

// FillersWords is what a filler wrote into the cell of ExplanationAbout, after its text or instead of it. It is empty
// where the cell only has our text, of this round or an earlier one, and what the program added to it in brackets.
func FillersWords(about, title, message string) string {
	about, ours := strings.TrimSpace(about), ExplanationAbout(title, message)
	if rest, found := strings.CutPrefix(about, ours); found {
		if rest = strings.TrimSpace(rest); strings.HasPrefix(rest, "（原") { // 原来的说明…, 原说明不采纳…
			return ""
		}
		return rest
	}
	if strings.HasPrefix(about, ExplanationAbout(title, "")) || strings.Contains(text.NameKey(ours), text.NameKey(about)) {
		return ""
	}
	return about
}

// QuestionsHash is a hash of the prefilled rows of explanations, each with its key and text, in their order.
func QuestionsHash(rows [][2]string) string {
	h := sha256.New()
	for _, row := range rows {
		h.Write([]byte(strings.TrimSpace(row[0]) + "\x00" + text.NameKey(row[1]) + "\x01"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// NoteBegin and NoteEnd enclose our text in a cell note. Text before and after it is the submitter's.
const (
	NoteBegin = "▼ 批注："
	NoteEnd   = "▲ 批注完"
)

// WithoutNotes removes the text of returned copies from a cell note, of all rounds.
func WithoutNotes(note string) string {
	for {
		before, ours, found := strings.Cut(note, NoteBegin)
		if !found {
			return note
		}
		_, behind, _ := strings.Cut(ours, NoteEnd)
		note = strings.TrimSpace(strings.TrimSpace(before) + "\n" + strings.TrimSpace(behind))
	}
}
