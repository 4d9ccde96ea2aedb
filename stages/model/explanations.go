package model

import (
	"crypto/sha256"
	"encoding/hex"
	"lianheti/stages/text"
	"regexp"
	"strings"

	"golang.org/x/text/width"
)

// ExplanationKey is what a returned copy writes before the row in which a warning is to be explained: the fingerprint
// of the finding and the hash of the values it was about, so that the row itself tells, in every later round, which
// finding and which values its words are for.
func ExplanationKey(fingerprint, valueHash string) string {
	if valueHash == "" {
		return fingerprint
	}
	return fingerprint + "-" + valueHash
}

var explanationKey = regexp.MustCompile(`^([0-9a-f]{16})(?:[-—–－\s]*([0-9a-f]{16}))?$`)

// SplitExplanationKey reads a key, also one that was typed off. Without a hash the words are for the values beside
// which they stand. What is no key is given back as it is, as a fingerprint that nothing has.
func SplitExplanationKey(key string) (fingerprint, valueHash string) {
	m := explanationKey.FindStringSubmatch(strings.ToLower(width.Fold.String(strings.TrimSpace(key))))
	if m == nil {
		return strings.TrimSpace(key), ""
	}
	return m[1], m[2]
}

// KeyLength is that of a fingerprint: a shorter or longer one is none.
const KeyLength = 16

// ExplanationAbout is what a returned copy writes beside the key: what is to be explained.
func ExplanationAbout(title, message string) string { return title + "：" + message }

// FillersWords gives what a filler wrote into the cell that says what is to be explained: behind the text that a
// returned copy has there, or instead of it. Empty where that cell holds nothing of the filler's, or may hold nothing:
// the text of an earlier round, with other values; what the program added in brackets.
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

// QuestionsHash is over the rows that wait for an explanation, each with its key and what it is about, in their order.
func QuestionsHash(rows [][2]string) string {
	h := sha256.New()
	for _, row := range rows {
		h.Write([]byte(strings.TrimSpace(row[0]) + "\x00" + text.NameKey(row[1]) + "\x01"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Where a note of ours begins and ends. What a submitter wrote before or behind it is the submitter's.
const (
	NoteBegin = "▼ 批注："
	NoteEnd   = "▲ 批注完"
)

// WithoutNotes takes what a returned copy wrote into a note out of it, of whatever rounds.
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
