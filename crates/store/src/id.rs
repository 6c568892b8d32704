//! New identifiers: `UUIDv7`, so that later ones sort after earlier ones.

macro_rules! new_ids {
    ($($(#[$doc:meta])* $function:ident -> $name:ident;)+) => {$(
        $(#[$doc])*
        pub fn $function() -> habitue_domain::id::$name {
            habitue_domain::id::$name::from_u128(uuid::Uuid::now_v7().as_u128())
        }
    )+};
}

new_ids! {
    /// A new program's.
    program -> ProgramId;
    /// A new shop's.
    shop -> ShopId;
    /// A new member's.
    member -> MemberId;
    /// A new account's.
    account -> AccountId;
    /// A new transfer's.
    transfer -> TransferId;
    /// A new lot's.
    lot -> LotId;
    /// A new hold's.
    hold -> HoldId;
    /// A new gift card's.
    gift_card -> GiftCardId;
    /// A new key's.
    key -> KeyId;
    /// A new contact's.
    contact -> ContactId;
    /// A new row's of the consent ledger.
    consent -> ConsentId;
    /// A new link's.
    link -> LinkId;
    /// A new message's.
    message -> MessageId;
    /// A new newsletter mail's.
    newsletter -> NewsletterId;
    /// A new endpoint's.
    endpoint -> EndpointId;
    /// A new batch's.
    batch -> BatchId;
    /// A new claim's.
    claim -> ClaimId;
}
