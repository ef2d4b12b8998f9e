//! Small built-in functions of OPA that regorus lacks.

use std::net::IpAddr;

use regorus::Value;
use sha2::{Digest as _, Sha256};

use crate::job::hex;

/// A function; `None` for arguments that it cannot take.
type Function = fn(&[Value]) -> Option<Value>;

/// The function of this name, if it is one of these.
pub(super) fn own(name: &str) -> Option<Function> {
    Some(match name {
        "crypto.sha256" => sha256,
        "net.cidr_intersects" | "net.cidr_overlap" => cidr_intersects,
        _ => return None,
    })
}

fn sha256(arguments: &[Value]) -> Option<Value> {
    let text = arguments.first()?.as_string().ok()?;
    Some(Value::from(hex(&Sha256::digest(text.as_bytes()))))
}

fn cidr_intersects(arguments: &[Value]) -> Option<Value> {
    let network = |index: usize| parse(arguments.get(index)?.as_string().ok()?);
    let ((one, one_bits), (other, other_bits)) = (network(0)?, network(1)?);
    let Some(width) = (one.is_ipv4() == other.is_ipv4()).then(|| width(one)) else {
        return Some(Value::from(false));
    };
    // Two networks overlap if the longer prefix begins with the shorter one.
    let bits = one_bits.min(other_bits);
    let prefix = |address: IpAddr| number(address).checked_shr(width - bits).unwrap_or(0);
    Some(Value::from(prefix(one) == prefix(other)))
}

fn parse(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    (bits <= width(address)).then_some((address, bits))
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}
