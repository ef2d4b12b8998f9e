//! Bars and small charts made of letters. Blue and green differ in their
//! letters, not only in their colour.

use super::line::{Ink, Line};

const BLUE: &str = "█";
const GREEN: &str = "▒";
/// Heights of a chart's columns, the lowest for nothing at all.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The traffic's two shares. Green has a letter as soon as it has one per
/// cent, and blue as long as it has.
pub(super) fn shares(green: u32, columns: usize) -> Line {
    let green = usize::try_from(green.min(100)).unwrap_or(100);
    let mut letters = (green * columns + 50) / 100;
    if columns > 1 {
        letters = match green {
            0 => 0,
            100 => columns,
            _ => letters.clamp(1, columns - 1),
        };
    }
    Line::new(Ink::Blue, &BLUE.repeat(columns - letters)).and(Ink::Green, &GREEN.repeat(letters))
}

/// How much of a whole is done.
pub(super) fn progress(percent: usize, columns: usize) -> Line {
    let filled = percent.min(100) * columns / 100;
    Line::new(Ink::Busy, &"━".repeat(filled)).and(Ink::Soft, &"╌".repeat(columns - filled))
}

/// The last values as columns, each as high as its part of `top`; the latest
/// stands on the right.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a height is from 0 to 7"
)]
pub(super) fn chart(values: &[f64], top: f64, columns: usize) -> String {
    let last = values.iter().skip(values.len().saturating_sub(columns));
    last.map(|value| {
        let part = if top > 0.0 { value / top } else { 0.0 };
        HEIGHTS[(part.clamp(0.0, 1.0) * 7.0).round() as usize]
    })
    .collect()
}
