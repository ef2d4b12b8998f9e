//! Bars and small charts made of characters. Blue and green differ by
//! character, not only by colour.

use super::line::{Ink, Line};

const BLUE: &str = "█";
const GREEN: &str = "▒";
/// The characters of a chart's columns; the lowest stands for zero.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The shares of the traffic as a bar. Green has a character from one percent
/// on, and blue as long as it has one percent.
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

/// A progress bar.
pub(super) fn progress(percent: usize, columns: usize) -> Line {
    let filled = percent.min(100) * columns / 100;
    Line::new(Ink::Busy, &"━".repeat(filled)).and(Ink::Soft, &"╌".repeat(columns - filled))
}

/// A chart of the last values, scaled to `top`. The latest is on the right.
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
